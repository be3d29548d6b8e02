using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class ConformalTests
{
    [Theory]
    [InlineData(9, 0.1, 9)]
    [InlineData(19, 0.05, 19)]
    [InlineData(99, 0.01, 99)]
    [InlineData(9, 0.7, 3)] // in double ⌈10 · (1 − 0.7)⌉ is 4
    [InlineData(100, 0.1, 91)]
    [InlineData(1000, 0.05, 951)]
    [InlineData(4959, 0.01, 4911)]
    [InlineData(1, 0.9999999999999999, 1)]
    public void Rank_IsTheCeilingOfTheFiniteSampleFormula(int count, double alpha, int rank) =>
        Assert.Equal(rank, Conformal.Rank(count, alpha));

    [Theory]
    [InlineData(8, 0.1, "at least 9 labelled rows; there are 8")]
    [InlineData(98, 0.01, "at least 99")]
    [InlineData(1000, 1e-12, "there are 1000")]
    public void Rank_TooFewRows_IsRejected(int count, double alpha, string reason)
    {
        var fault = Assert.Throws<InferenceException>(() => Conformal.Rank(count, alpha));

        Assert.Equal(InferenceError.CalibrationImpossible, fault.Error);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Rank_AlphaOutsideItsRange_Throws(double alpha) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Conformal.Rank(100, alpha));

    [Fact]
    public void Calibrate_TooFewRowsForAnAlpha_IsRejected()
    {
        var fault = Assert.Throws<InferenceException>(() => Calibrator.Calibrate(Synthetic.Calibrated(1, 98, 3)));

        Assert.Equal(InferenceError.CalibrationImpossible, fault.Error);
        Assert.Contains("alpha 0.01 need at least 99", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NineRowsByHand_TakesTheLargestScoreOfEachMethod()
    {
        // The right class has the probabilities 0.9 (first) seven times, 0.3 (second of 0.6, 0.3, 0.1), and 0.05 (last
        // of 0.8, 0.15, 0.05).
        var data = Synthetic.OfProbabilities(
        [
            .. Enumerable.Repeat(((double[])[0.9, 0.06, 0.04], 0), 7),
            ([0.6, 0.3, 0.1], 1),
            ([0.8, 0.15, 0.05], 2),
        ]);

        Assert.Equal(0.95, Quantile(ConformalMethod.Lac, 0.1), 1e-6);
        Assert.Equal(0.7, Quantile(ConformalMethod.Lac, 0.2), 1e-6);
        Assert.Equal(0.1, Quantile(ConformalMethod.Lac, 0.3), 1e-6);
        Assert.Equal(1.0, Quantile(ConformalMethod.Aps, 0.1), 1e-6);
        Assert.Equal(0.9, Quantile(ConformalMethod.Aps, 0.2), 1e-6);
        Assert.InRange(Quantile(ConformalMethod.RandomizedAps, 0.1), 0.95, 1.0);

        double Quantile(ConformalMethod method, double alpha) =>
            Conformal.QuantileFor(
                Conformal.Fit(data, 1f, new CalibrationOptions { Method = method, Alphas = [alpha] }), alpha);
    }

    [Theory]
    [InlineData(ConformalMethod.Lac)]
    [InlineData(ConformalMethod.Aps)]
    [InlineData(ConformalMethod.RandomizedAps)]
    public void Evaluate_On200Splits_CoversOneMinusAlphaOnAverage(ConformalMethod method)
    {
        const int Splits = 200;
        const int N = 150;
        double[] alphas = [0.1, 0.05, 0.01];
        var sums = new double[alphas.Length];
        for (var split = 0; split < Splits; split++)
        {
            // Miscalibrated on purpose: coverage does not depend on the model.
            var options = new CalibrationOptions { Method = method, Seed = split };
            var conformal = Conformal.Fit(Synthetic.Calibrated(1000 + split, N, 4, 1.6), 1.2f, options);
            var evaluations = Conformal.Evaluate(
                Synthetic.Calibrated(5000 + split, N, 4, 1.6), 1.2f, conformal, alphas, 9000 + split);
            for (var i = 0; i < alphas.Length; i++)
            {
                sums[i] += evaluations[i].Coverage / Splits;
            }
        }

        for (var i = 0; i < alphas.Length; i++)
        {
            // Exactly ⌈(n+1)(1−α)⌉ / (n+1) without ties, at least 1 − α; a split's coverage varies as Beta(k, n+1−k)
            // and its sample.
            var expected = Conformal.Rank(N, alphas[i]) / (N + 1.0);
            var deviation = Math.Sqrt(2 * expected * (1 - expected) / N / Splits);
            Assert.InRange(sums[i], expected - (4 * deviation), expected + (4 * deviation));
        }
    }

    [Fact]
    public void Evaluate_ByHand_CountsSizesAndEmptySets()
    {
        // LAC at 0.35 admits probabilities from 0.65 up, at 0.75 from 0.25 up.
        var conformal = new ConformalQuantiles
        {
            Method = ConformalMethod.Lac,
            Quantiles = new Dictionary<string, double> { ["0.2"] = 0.35, ["0.1"] = 0.75 },
        };
        var data = Synthetic.OfProbabilities(
            ([0.7, 0.2, 0.1], 0), ([0.5, 0.3, 0.2], 0), ([0.8, 0.1, 0.1], 1), ([0.4, 0.35, 0.25], 1));
        var evaluations = Conformal.Evaluate(data, 1f, conformal, [0.2, 0.1]);

        Assert.Equal((0.25, 0.5, 2), (evaluations[0].Coverage, evaluations[0].MeanSize, evaluations[0].EmptySets));
        Assert.Equal((0.5, 1), (evaluations[0].ServedCoverage, evaluations[0].ServedMeanSize));
        Assert.Equal([new SetSizeCoverage(0, 2, 0), new SetSizeCoverage(1, 2, 0.5)], evaluations[0].Sizes);
        Assert.Equal(
            (0.75, 0, 0.75), (evaluations[1].Coverage, evaluations[1].EmptySets, evaluations[1].ServedCoverage));
        Assert.Equal(4, evaluations[1].Sizes.Sum(size => size.Count));
    }

    [Fact]
    public void Evaluate_CoverageInterval_IsWilsons()
    {
        // 90 of 100: (0.8256, 0.9448), as in any table.
        var conformal = new ConformalQuantiles
        {
            Method = ConformalMethod.Lac,
            Quantiles = new Dictionary<string, double> { ["0.1"] = 0.5 },
        };
        var data = Synthetic.OfProbabilities(
            [.. Enumerable.Range(0, 100).Select(i => ((double[])[0.9, 0.1], i < 90 ? 0 : 1))]);
        var interval = Conformal.Evaluate(data, 1f, conformal, [0.1])[0].CoverageInterval;

        Assert.Equal(0.8256, interval.Lower, 1e-4);
        Assert.Equal(0.9448, interval.Upper, 1e-4);
    }

    [Theory]
    [InlineData(150)]
    [InlineData(5000)]
    [InlineData(200_000)]
    public void QuantileFor_AnyAlpha_IsNeverBelowTheFiniteSampleQuantile(int count)
    {
        var data = Synthetic.Calibrated(3, count, 2);
        var conformal = Conformal.Fit(data, 1f, new CalibrationOptions());
        var scores = Enumerable.Range(0, count).Select(row =>
        {
            var p = new float[2];
            Softmax.Compute(data.Row(row), p);
            return 1.0 - p[data.LabelOf(row)];
        }).Order().ToArray();

        Assert.InRange(conformal.Scores!.Ranks.Count, 100, Conformal.MaxStoredScores);
        Assert.Equal(scores[Conformal.Rank(count, 0.05) - 1], conformal.Quantiles["0.05"]);
        for (var i = 70; i < 10_000; i += 7)
        {
            var exact = scores[Conformal.Rank(count, i / 10_000.0) - 1];
            Assert.InRange(Conformal.QuantileFor(conformal, i / 10_000.0), exact, exact + 0.05);
        }

        for (var i = 1; i < 100; i++)
        {
            Assert.Equal(scores[Conformal.Rank(count, i / 100.0) - 1], Conformal.QuantileFor(conformal, i / 100.0));
        }
    }

    [Fact]
    public void QuantileFor_OldManifestWithoutScores_AnswersItsOwnAlphasOnly()
    {
        var conformal = new ConformalQuantiles
        {
            Method = ConformalMethod.Aps,
            Quantiles = new Dictionary<string, double> { ["0.1"] = 0.9, ["0.05"] = 0.95 },
        };

        Assert.Equal(0.95, Conformal.QuantileFor(conformal, 0.05));
        var fault = Assert.Throws<InferenceException>(() => Conformal.QuantileFor(conformal, 0.2));
        Assert.Equal(InferenceError.NotCalibrated, fault.Error);
        Assert.Contains("alpha 0.2: it has 0.1, 0.05.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void QuantileFor_AlphaBelowWhatTheRowsAllow_IsRejected()
    {
        var conformal = Conformal.Fit(Synthetic.Calibrated(4, 199, 2), 1f, new CalibrationOptions());

        Assert.Equal(conformal.Scores!.Values[^1], Conformal.QuantileFor(conformal, 0.005));
        var fault = Assert.Throws<InferenceException>(() => Conformal.QuantileFor(conformal, 0.004));
        Assert.Equal(InferenceError.NotCalibrated, fault.Error);
        Assert.Contains("any from 0.005 up", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AlsoStoresTheOtherMethods()
    {
        var conformal = Conformal.Fit(Synthetic.Calibrated(5, 300, 3), 1f, new CalibrationOptions());

        Assert.Equal(ConformalMethod.Lac, conformal.Method);
        Assert.Equal(
            [ConformalMethod.Aps, ConformalMethod.RandomizedAps],
            conformal.Alternatives!.Select(other => other.Method));
        Assert.All(conformal.Alternatives!, other => Assert.Equal(["0.1", "0.05", "0.01"], other.Quantiles.Keys));
    }
}
