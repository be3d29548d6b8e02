using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Temperature scaling: the T at which softmax(z / T) gives held-out labels the highest likelihood. The order of the
/// classes does not change, and neither does the accuracy. Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern
/// Neural Networks", 2017.
/// </summary>
public static class TemperatureScaling
{
    // Near the end, each Newton step squares the error: when a step is below this, the error is far below 1e-6.
    private const double RelativeTolerance = 1e-9;
    private const int MaxSteps = 200;
    private const double LargestStep = 8;

    // The derivative of a replicate is interpolated between nodes that reach this many standard errors of ln β to
    // either side.
    private const int NodeReach = 6;
    private const double LargestNodeSpread = 1;

    // With more rows, a standard error is so small that the derivative is a straight line over several of them.
    private const int ManyRows = 50_000;

    /// <summary>
    /// Minimizes the mean negative log-likelihood <c>(1/n) Σ_i [ln Σ_j exp(β z_ij) − β z_iy]</c>, which is convex in β
    /// = 1/T, by Newton's method inside a bracket, in double precision, to a relative error in T of at most 1e-6.
    /// </summary>
    /// <param name="data">
    /// Labelled data that the model was not trained on. A right class with the logit −∞ counts as if its probability at
    /// T = 1 were 2⁻¹⁴⁹.
    /// </param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>T, above 0 and finite, also as a float.</returns>
    /// <exception cref="InferenceException">
    /// Only one class is present, or there is no best T: no wrong class is above the right one, so the likelihood keeps
    /// rising as T falls to 0; or the logits say no more about the labels than chance, so it keeps rising as T grows;
    /// or it is the same at every T.
    /// </exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static double Fit(LabelledLogits data, CancellationToken cancellationToken = default)
    {
        CheckThereIsAMinimum(data, cancellationToken);
        data = data.WithPossibleLabels();

        // The derivative crosses 0 between these, unless the best temperature is beyond float's range.
        var (low, high) = (1e-40, 1e50);
        var beta = 1.0;
        for (var step = 0; step < MaxSteps; step++)
        {
            var (slope, curvature, _) = Derivatives(data, beta, cancellationToken);
            if (slope < 0)
            {
                low = beta;
            }
            else
            {
                high = beta;
            }

            var next = curvature > 0 ? beta - (slope / curvature) : slope < 0 ? double.PositiveInfinity : 0;
            next = Math.Clamp(next, beta / LargestStep, beta * LargestStep);
            if (Math.Abs(next - beta) <= RelativeTolerance * beta)
            {
                return ToTemperature(next, data.Count);
            }

            beta = next > low && next < high ? next : Math.Sqrt(low) * Math.Sqrt(high);
            if (high / low - 1 <= RelativeTolerance)
            {
                break;
            }
        }

        return ToTemperature(beta, data.Count);
    }

    /// <summary>
    /// The percentile interval of T over bootstrap replicates (Efron, "Bootstrap Methods: Another Look at the
    /// Jackknife", 1979). A replicate's T is where the derivative of its likelihood, a sum over its rows, is 0. The
    /// derivatives of all rows are computed once, at nodes around the fitted β; for each replicate they are summed, and
    /// interpolated between the nodes.
    /// </summary>
    internal static Interval BootstrapInterval(
        LabelledLogits data, double temperature, CalibrationOptions options, CancellationToken cancellationToken)
    {
        var nodes = Nodes(data, 1 / temperature, cancellationToken);
        var bootstrap = new Bootstrap(data.Count, nodes.Length, options.Seed);
        for (var row = 0; row < data.Count; row++)
        {
            Conformal.CheckCancellation(row, data.ClassCount, cancellationToken);
            var slopes = bootstrap.CellsOf(row);
            for (var node = 0; node < nodes.Length; node++)
            {
                slopes[node] += RowDerivatives(data.Row(row), data.LabelOf(row), nodes[node]).Slope;
            }
        }

        var temperatures = new double[options.Replicates];
        bootstrap.Replicate(
            options.Replicates,
            (replicate, slopes) => temperatures[replicate] = Math.Min(1 / Root(nodes, slopes), float.MaxValue),
            cancellationToken);
        return Bootstrap.Percentiles(temperatures);
    }

    private static double[] Nodes(LabelledLogits data, double beta, CancellationToken cancellationToken)
    {
        // The sandwich estimate: the standard error of β is √(Σ slope²) / Σ curvature. White, "Maximum Likelihood
        // Estimation of Misspecified Models", 1982.
        var (_, curvature, squares) = Derivatives(data, beta, cancellationToken);
        var spread = Math.Min(Math.Sqrt(squares / data.Count) / (curvature * beta), LargestNodeSpread);
        var steps = data.Count > ManyRows ? NodeReach : NodeReach * 4;
        var nodes = new double[steps + 2];
        for (var i = 0; i <= steps; i++)
        {
            nodes[i + 1] = beta * Math.Exp(spread * NodeReach * ((2.0 * i / steps) - 1));
        }

        return nodes;
    }

    /// <summary>
    /// The root of a rising function that is given at the nodes, of which the first is 0; ∞ if the function stays below
    /// 0.
    /// </summary>
    private static double Root(ReadOnlySpan<double> nodes, ReadOnlySpan<double> slopes)
    {
        if (slopes[0] >= 0)
        {
            return 0;
        }

        for (var i = 1; i < nodes.Length; i++)
        {
            if (slopes[i] >= 0)
            {
                return nodes[i - 1] + ((nodes[i] - nodes[i - 1]) * slopes[i - 1] / (slopes[i - 1] - slopes[i]));
            }
        }

        return double.PositiveInfinity;
    }

    /// <summary>
    /// The likelihood has one maximum, at a positive finite T, if its derivative in β is above 0 at β = 0 and below 0
    /// as β grows. That is: the right class is above the mean of its row on average, and some class is above the right
    /// one in some row.
    /// </summary>
    private static void CheckThereIsAMinimum(LabelledLogits data, CancellationToken cancellationToken)
    {
        if (!data.Labels.ContainsAnyExcept(data.LabelOf(0)))
        {
            throw Impossible(
                $"All {data.Count} labels are class {data.LabelOf(0)}; calibration needs images of at least two "
                + "classes.");
        }

        if (data.CountImpossibleLabels() == data.Count)
        {
            throw Impossible(
                $"The right class has the logit -Infinity in all {data.Count} rows; no temperature changes that. Are "
                + "labels and classes in the same order?");
        }

        var rows = RowCounts.Of(data);
        var hint = ProbabilityRows.AreAll(data) ? $" {CalibrationWarnings.LookLikeProbabilities}" : "";
        if (rows.Decided + rows.Level == data.Count)
        {
            throw Impossible(NoEffect(rows, data.Count) + hint);
        }

        if (rows.Wrong == 0)
        {
            throw Impossible(
                $"{AllRight(rows, data.Count)}: the likelihood only rises as the temperature falls to 0, so none is "
                + $"best. Give more images, or harder ones, until some are answered wrong.{hint}");
        }

        if (Derivatives(data.WithPossibleLabels(), 0, cancellationToken).Slope >= 0)
        {
            throw Impossible(
                $"The logits of these {data.Count} rows say no more about their labels than chance (wrong answers: "
                + $"{rows.Wrong}): on average the right class is not above the mean of its row, "
                + "so that the likelihood only rises as the temperature grows without end. Are labels and classes in "
                + $"the same order, and are high logits the likely ones?{hint}");
        }
    }

    private static string NoEffect(RowCounts rows, int count) => (rows.Decided, rows.Level) switch
    {
        (_, 0) => $"Each of the {count} rows leaves one class only, the right one, and masks all others: its "
            + "probability is 1 at any temperature, so none is better than another. Give the logits from before that "
            + "decision.",
        (0, _) => $"In each of the {count} rows all logits are equal: the probabilities are the same at any "
            + "temperature, so none is better than another. Are these the model's logits?",
        _ => $"In each of the {count} rows all logits are equal or all but one masked: the probabilities are the same "
            + "at any temperature, so none is better than another. Are these the model's logits?",
    };

    private static string AllRight(RowCounts rows, int count) => (rows.Tied, rows.Level) switch
    {
        (0, 0) => $"Every one of the {count} rows is answered right",
        (0, _) => "Every one of the rows whose logits differ is answered right (rows of equal logits: "
            + $"{rows.Level} of {count})",
        _ => $"In none of the {count} rows is a wrong class above the right one, though in {rows.Tied + rows.Level} "
            + "one is level with it",
    };

    /// <summary>Counts rows by which class is first.</summary>
    /// <param name="Decided">Rows with one class that is not masked: its probability is 1 at any T.</param>
    /// <param name="Level">Rows of two or more classes whose logits are all equal.</param>
    /// <param name="Tied">Other rows whose right class shares the first rank.</param>
    /// <param name="Wrong">Rows with a class above the right one, even if the right one is masked.</param>
    private readonly record struct RowCounts(int Decided, int Level, int Tied, int Wrong)
    {
        public static RowCounts Of(LabelledLogits data)
        {
            var (decided, level, tied, wrong) = (0, 0, 0, 0);
            for (var row = 0; row < data.Count; row++)
            {
                var own = data.Row(row)[data.LabelOf(row)];
                var (above, equal, finite) = (0, 0, 0);
                foreach (var logit in data.Row(row))
                {
                    above += logit > own ? 1 : 0;
                    equal += logit == own ? 1 : 0;
                    finite += float.IsNegativeInfinity(logit) ? 0 : 1;
                }

                wrong += above > 0 ? 1 : 0;
                decided += above == 0 && finite == 1 ? 1 : 0;
                level += above == 0 && finite > 1 && equal == finite ? 1 : 0;
                tied += above == 0 && equal > 1 && equal < finite ? 1 : 0;
            }

            return new RowCounts(decided, level, tied, wrong);
        }
    }

    private static double ToTemperature(double beta, int count) =>
        (float)(1 / beta) is > 0 and < float.PositiveInfinity
            ? 1 / beta
            : throw Impossible(string.Create(
                CultureInfo.InvariantCulture,
                $"The best temperature for these {count} rows is {1 / beta}, which a float cannot hold; are these "
                + $"logits?"));

    /// <summary>The means of slope and curvature in β over all rows, and of the slope's square.</summary>
    private static (double Slope, double Curvature, double SlopeSquare) Derivatives(
        LabelledLogits data, double beta, CancellationToken cancellationToken)
    {
        var (slopes, curvatures, squares) = (0.0, 0.0, 0.0);
        for (var row = 0; row < data.Count; row++)
        {
            Conformal.CheckCancellation(row, data.ClassCount, cancellationToken);
            var (slope, curvature) = RowDerivatives(data.Row(row), data.LabelOf(row), beta);
            slopes += slope;
            curvatures += curvature;
            squares += slope * slope;
        }

        return (slopes / data.Count, curvatures / data.Count, squares / data.Count);
    }

    /// <summary>
    /// d/dβ and d²/dβ² of ln Σ_j exp(β z_j) − β z_y: the mean of z under p = softmax(β z), less z_y; and the variance
    /// of z. Computed from e = z − max z.
    /// </summary>
    private static (double Slope, double Curvature) RowDerivatives(ReadOnlySpan<float> logits, int label, double beta)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        var (weights, first, second) = (0.0, 0.0, 0.0);
        foreach (var logit in logits)
        {
            if (float.IsNegativeInfinity(logit))
            {
                continue;
            }

            var e = (double)logit - largest;
            var weight = Math.Exp(beta * e);
            weights += weight;
            first += weight * e;
            second += weight * e * e;
        }

        var mean = first / weights;
        return (mean - ((double)logits[label] - largest), Math.Max((second / weights) - (mean * mean), 0));
    }

    private static InferenceException Impossible(string message) => new(InferenceError.CalibrationImpossible, message);
}
