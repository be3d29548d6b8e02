using System.Globalization;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Split-conformal calibration. The quantile q is the score of rank ⌈(n+1)(1−α)⌉ among n calibration scores. The set of
/// all classes whose score is at most q then contains the right class with a probability of at least 1 − α, and of at
/// most 1 − α + 1/(n+1) where scores do not tie. Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World",
/// 2005; Angelopoulos and Bates, "A Gentle Introduction to Conformal Prediction", 2021, section 1.1.
/// </summary>
public static class Conformal
{
    /// <summary>The most scores that are stored for other α.</summary>
    internal const int MaxStoredScores = 200;

    // How far the 95 % interval of a normal distribution reaches, in standard deviations.
    private const double NormalQuantile = 1.959963984540054;

    private static readonly ConformalMethod[] Methods =
        [ConformalMethod.Lac, ConformalMethod.Aps, ConformalMethod.RandomizedAps];

    /// <summary>The finite-sample rank ⌈(n+1)(1−α)⌉ of the quantile among n sorted scores, 1…n.</summary>
    /// <param name="count">n.</param>
    /// <param name="alpha">α, above 0 and below 1, read to 15 significant digits: 0.1 is one tenth.</param>
    /// <exception cref="InferenceException">
    /// n is below 1/α − 1: the rank would be n + 1, and the set would contain every class.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not above 0 and below 1.</exception>
    public static int Rank(int count, double alpha)
    {
        // In decimal, where 0.1 is one tenth: in double ⌈10 · (1 − 0.7)⌉ is 4. ⌈(n+1)(1−α)⌉ = n + 1 − ⌊(n+1)α⌋.
        CheckAlpha(alpha);
        var above = (int)decimal.Floor((count + 1m) * (decimal)alpha);
        if (above >= 1)
        {
            return Math.Max(count + 1 - above, 1);
        }

        var needed = Math.Ceiling(1 / Math.Max(alpha, 1e-300)) - 1;
        throw new InferenceException(InferenceError.CalibrationImpossible, string.Create(
            CultureInfo.InvariantCulture,
            $"Prediction sets with alpha {alpha} need at least {needed:0} labelled rows; there are {count}. Ask for a "
            + $"larger alpha or give more rows."));
    }

    /// <summary>
    /// The quantile for α: the stored one, or else the stored score of the smallest rank that is at least ⌈(n+1)(1−α)⌉,
    /// which can only increase the coverage.
    /// </summary>
    /// <param name="conformal">The manifest's <c>calibration.conformal</c>, or null where there is none.</param>
    /// <param name="alpha">α, above 0 and below 1.</param>
    /// <exception cref="InferenceException">
    /// There is no quantile, or none for this α; the message says which there are.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not above 0 and below 1.</exception>
    public static double QuantileFor(ConformalQuantiles? conformal, double alpha)
    {
        CheckAlpha(alpha);
        if (conformal is null)
        {
            throw NotCalibrated(
                "The model has no conformal calibration, which a prediction set needs; `softmax calibrate` makes one.");
        }

        foreach (var (text, stored) in conformal.Quantiles)
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var known)
                && known == alpha)
            {
                return stored;
            }
        }

        if (conformal is { Count: { } count, Scores: { } scores } && Suffices(count, alpha))
        {
            var rank = Rank(count, alpha);
            for (var i = 0; i < Math.Min(scores.Ranks.Count, scores.Values.Count); i++)
            {
                if (scores.Ranks[i] >= rank)
                {
                    return scores.Values[i];
                }
            }
        }

        var smallest = conformal is { Count: { } n, Scores: not null }
            ? string.Create(CultureInfo.InvariantCulture, $", or any from {1.0 / (n + 1):0.######} up")
            : "";
        throw NotCalibrated(string.Create(
            CultureInfo.InvariantCulture,
            $"The model has no prediction sets for alpha {alpha}: it has "
            + $"{string.Join(", ", conformal.Quantiles.Keys)}{smallest}."));
    }

    /// <summary>Scores the data with every method and takes the quantiles.</summary>
    /// <param name="data">Labelled data that the model was not trained on.</param>
    /// <param name="temperature">T, as it will be served.</param>
    /// <param name="options">The α, the method, and the seed of randomized APS.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="InferenceException">There are too few rows for an α.</exception>
    public static ConformalQuantiles Fit(
        LabelledLogits data, float temperature, CalibrationOptions options,
        CancellationToken cancellationToken = default)
    {
        var scores = Array.ConvertAll(Methods, _ => new double[data.Count]);
        var probabilities = new float[data.ClassCount];
        var ranked = new int[data.ClassCount];
        var random = new Random(options.Seed);
        for (var row = 0; row < data.Count; row++)
        {
            CheckCancellation(row, data.ClassCount, cancellationToken);
            Softmax.Compute(data.Row(row), probabilities, temperature);
            Ranking.TopK(data.Row(row), ranked);
            var rank = Array.IndexOf(ranked, data.LabelOf(row));
            var above = SumAbove(probabilities, ranked, rank);
            var own = probabilities[ranked[rank]];
            var random01 = random.NextDouble();
            for (var i = 0; i < Methods.Length; i++)
            {
                var u = Methods[i] == ConformalMethod.RandomizedAps ? random01 : Unrandomized(Methods[i]);
                scores[i][row] = Score(Methods[i], own, above, u);
            }
        }

        Array.ForEach(scores, Array.Sort);
        var all = Methods.Select((method, i) => Quantiles(method, scores[i], options.Alphas)).ToArray();
        var alternatives = all.Where(one => one.Method != options.Method).Select(one => one with { Scores = null });
        return all.First(one => one.Method == options.Method) with { Alternatives = [.. alternatives] };
    }

    /// <summary>Measures prediction sets on labelled data: their coverage and size, for each α.</summary>
    /// <param name="data">
    /// Labelled data; not the data of the quantiles, whose coverage is fixed by construction.
    /// </param>
    /// <param name="temperature">The calibrated T.</param>
    /// <param name="conformal">The quantiles.</param>
    /// <param name="alphas">The α, each above 0 and below 1.</param>
    /// <param name="seed">Seeds the random numbers of randomized APS.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="InferenceException">There is no quantile for an α.</exception>
    public static IReadOnlyList<PredictionSetEvaluation> Evaluate(
        LabelledLogits data, float temperature, ConformalQuantiles conformal, IReadOnlyList<double> alphas,
        int seed = 1, CancellationToken cancellationToken = default)
    {
        var quantiles = alphas.Select(alpha => QuantileFor(conformal, alpha)).ToArray();
        var sizes = Array.ConvertAll(quantiles, _ => new SortedDictionary<int, (int Count, int Covered)>());
        var served = new (int Covered, long Size)[quantiles.Length];
        var probabilities = new float[data.ClassCount];
        var ranked = new int[data.ClassCount];
        var random = new Random(seed);
        for (var row = 0; row < data.Count; row++)
        {
            CheckCancellation(row, data.ClassCount, cancellationToken);
            Softmax.Compute(data.Row(row), probabilities, temperature);
            Ranking.TopK(data.Row(row), ranked);
            var rank = Array.IndexOf(ranked, data.LabelOf(row));
            var u = conformal.Method == ConformalMethod.RandomizedAps
                ? random.NextDouble()
                : Unrandomized(conformal.Method);
            for (var i = 0; i < quantiles.Length; i++)
            {
                var size = SizeOf(conformal.Method, probabilities, ranked, quantiles[i], u);
                var (count, covered) = sizes[i].GetValueOrDefault(size);
                sizes[i][size] = (count + 1, covered + (rank < size ? 1 : 0));

                // PredictionSet draws nothing at random and is never empty.
                var unrandomized = Unrandomized(conformal.Method);
                var servedSize = Math.Max(1, u == unrandomized
                    ? size
                    : SizeOf(conformal.Method, probabilities, ranked, quantiles[i], unrandomized));
                served[i] = (served[i].Covered + (rank < servedSize ? 1 : 0), served[i].Size + servedSize);
            }
        }

        return [.. alphas.Select((alpha, i) => Summarize(alpha, conformal.Method, data.Count, sizes[i], served[i]))];
    }

    /// <summary>Whether n rows are enough for α: at least 1/α − 1.</summary>
    internal static bool Suffices(int count, double alpha) => (count + 1m) * (decimal)alpha >= 1;

    internal static void CheckAlpha(double alpha)
    {
        if (!(alpha > 0 && alpha < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "An alpha must be above 0 and below 1.");
        }
    }

    /// <summary>
    /// The number of classes whose score is at most the quantile. With every method, scores increase down the ranking,
    /// so these classes are always the most probable ones.
    /// </summary>
    internal static int SizeOf(
        ConformalMethod method, ReadOnlySpan<float> probabilities, ReadOnlySpan<int> ranked, double quantile, double u)
    {
        var above = 0.0;
        for (var rank = 0; rank < ranked.Length; rank++)
        {
            var own = probabilities[ranked[rank]];
            if (!(Score(method, own, above, u) <= quantile))
            {
                return rank;
            }

            above += own;
        }

        return ranked.Length;
    }

    /// <summary>The share of a class's own probability that counts where no random number is drawn.</summary>
    internal static double Unrandomized(ConformalMethod method) => method == ConformalMethod.Aps ? 1 : 0;

    /// <summary>
    /// The only definition of a score, for calibration and for serving: that of a class with probability
    /// <paramref name="own"/>, below classes whose probabilities sum to <paramref name="above"/>. LAC is 1 − p_y
    /// (Sadinle et al. 2019); APS is Σ p of the classes above y, + u · p_y (Romano et al. 2020; u = 1 is the form of
    /// Angelopoulos and Bates 2021, section 2.1).
    /// </summary>
    private static double Score(ConformalMethod method, float own, double above, double u) =>
        method == ConformalMethod.Lac ? 1.0 - own : above + (u * own);

    /// <summary>Adds up in the order of <see cref="SizeOf"/>, so that the two agree to the last bit.</summary>
    private static double SumAbove(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> ranked, int rank)
    {
        var above = 0.0;
        foreach (var index in ranked[..rank])
        {
            above += probabilities[index];
        }

        return above;
    }

    private static ConformalQuantiles Quantiles(ConformalMethod method, double[] sorted, IReadOnlyList<double> alphas)
    {
        var quantiles = new Dictionary<string, double>();
        foreach (var alpha in alphas)
        {
            quantiles[((decimal)alpha).ToString(CultureInfo.InvariantCulture)] = sorted[Rank(sorted.Length, alpha) - 1];
        }

        var ranks = RanksToStore(sorted.Length);
        return new ConformalQuantiles
        {
            Method = method,
            Count = sorted.Length,
            Quantiles = quantiles,
            Scores = new StoredScores { Ranks = ranks, Values = [.. ranks.Select(rank => sorted[rank - 1])] },
        };
    }

    /// <summary>
    /// All ranks if they are few; otherwise those of α = 0.01…0.99 and 0.001…0.009, and increasingly dense ranks
    /// towards the largest score.
    /// </summary>
    private static int[] RanksToStore(int count)
    {
        if (count <= MaxStoredScores)
        {
            return [.. Enumerable.Range(1, count)];
        }

        const int Tail = 80;
        var hundredths = Enumerable.Range(1, 99).Select(i => i / 100m);
        var thousandths = Enumerable.Range(1, 9).Select(i => i / 1000m);
        var ranks = hundredths.Concat(thousandths)
            .Select(alpha => count + 1 - (int)decimal.Floor((count + 1) * alpha))
            .Where(rank => rank <= count);

        // From the largest score, rank n, down to α = 0.5 in even steps of log α.
        var tail = Enumerable.Range(0, Tail)
            .Select(i => count + 1 - (int)Math.Pow((count + 1) / 2.0, i / (Tail - 1.0)));
        return [.. ranks.Concat(tail).Distinct().Order()];
    }

    private static PredictionSetEvaluation Summarize(
        double alpha, ConformalMethod method, int n, SortedDictionary<int, (int Count, int Covered)> sizes,
        (int Covered, long Size) served)
    {
        var covered = sizes.Values.Sum(size => size.Covered);
        return new PredictionSetEvaluation
        {
            Alpha = alpha,
            Method = method,
            Count = n,
            Coverage = covered / (double)n,
            CoverageInterval = Wilson(covered, n),
            MeanSize = sizes.Sum(size => (double)size.Key * size.Value.Count) / n,
            EmptySets = sizes.GetValueOrDefault(0).Count,
            ServedCoverage = served.Covered / (double)n,
            ServedMeanSize = served.Size / (double)n,
            Sizes = [.. sizes.Select(size => new SetSizeCoverage(
                size.Key, size.Value.Count, size.Value.Covered / (double)size.Value.Count))],
        };
    }

    private static Interval Wilson(int successes, int n)
    {
        const double Z2 = NormalQuantile * NormalQuantile;
        var p = successes / (double)n;
        var centre = (p + (Z2 / (2 * n))) / (1 + (Z2 / n));
        var half = NormalQuantile * Math.Sqrt((p * (1 - p) / n) + (Z2 / (4.0 * n * n))) / (1 + (Z2 / n));
        return new Interval(Math.Max(centre - half, 0), Math.Min(centre + half, 1));
    }

    /// <summary>Called for each row: looks at the token once for every 65,536 logits.</summary>
    internal static void CheckCancellation(int row, int classCount, CancellationToken cancellationToken)
    {
        const int LogitsBetweenChecks = 65_536;
        if (row % Math.Max(1, LogitsBetweenChecks / classCount) == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static InferenceException NotCalibrated(string message) => new(InferenceError.NotCalibrated, message);
}
