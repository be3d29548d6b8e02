using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class EvaluatorTests
{
    [Fact]
    public void Evaluate_ManyClassesAndBins_LeavesTheClasswiseIntervalOutAndTheMemoryToOthers()
    {
        var data = Synthetic.Calibrated(71, 200, 2000, 2);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var metrics = Calibrator.Evaluate(data, 1f, new CalibrationOptions { Bins = 1000, Replicates = 2 }).Metrics;
        var few = Calibrator.Evaluate(data, 1f, new CalibrationOptions { Bins = 8, Replicates = 2 }).Metrics;

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000_000);
        Assert.Null(metrics.Intervals!.ClasswiseEce);
        Assert.NotNull(few.Intervals!.ClasswiseEce);
        Assert.InRange(metrics.ClasswiseEce!.Value, few.ClasswiseEce!.Value, 1); // finer bins cancel less
    }

    [Fact]
    public void Evaluate_MoreClassesAndBinsThanFitIntoMemory_HasNoClasswiseError() =>
        Assert.Null(
            Calibrator.Evaluate(
                Synthetic.Calibrated(72, 3, 5000, 2), 1f, new CalibrationOptions
                {
                    Bins = 1000,
                    Replicates = 0,
                }).Metrics.ClasswiseEce);

    private const float Inf = float.PositiveInfinity;

    private static readonly CalibrationOptions NoIntervals = new() { Replicates = 0 };

    [Fact]
    public void Evaluate_FourRowsByHand_GivesTheNumbersOnPaper()
    {
        // Confidences 0.75, 0.75, 0.9, 0.6; right, wrong, right, right. With 5 bins: 0.6 in (0.4, 0.6], 0.75 twice in
        // (0.6, 0.8], 0.9 in (0.8, 1].
        var data = Synthetic.OfProbabilities(
            ([0.75, 0.25], 0), ([0.25, 0.75], 0), ([0.1, 0.9], 1), ([0.6, 0.4], 0));
        var evaluation = Calibrator.Evaluate(data, 1f, NoIntervals with { Bins = 5 });
        var metrics = evaluation.Metrics;

        Assert.Equal(0.75, metrics.Accuracy);
        Assert.Equal(-(Math.Log(0.75) + Math.Log(0.25) + Math.Log(0.9) + Math.Log(0.6)) / 4, metrics.Nll, 1e-6);
        Assert.Equal(2 * (0.0625 + 0.5625 + 0.01 + 0.16) / 4, metrics.Brier, 1e-6);
        Assert.Equal((0.4 + (2 * 0.25) + 0.1) / 4, metrics.Ece, 1e-6);
        Assert.Equal(0.4, metrics.Mce, 1e-6);
        Assert.Equal([0, 0, 1, 2, 1], evaluation.Reliability.Select(bin => bin.Count));
        Assert.Equal([0.0, 0.0, 0.6, 0.75, 0.9], evaluation.Reliability.Select(bin => Math.Round(bin.Confidence, 6)));
        Assert.Equal([0.0, 0.0, 1.0, 0.5, 1.0], evaluation.Reliability.Select(bin => bin.Accuracy));
        Assert.Equal([[2, 1], [0, 1]], evaluation.ConfusionMatrix!);
        Assert.Null(metrics.Intervals);

        // Of class 0: 0.75 (yes) in bin 3, 0.25 (yes) in bin 1, 0.1 (no) in bin 0, 0.6 (yes) in bin 2; of class 1 the
        // mirror image.
        Assert.Equal((0.25 + 0.75 + 0.1 + 0.4) / 4, metrics.ClasswiseEce!.Value, 1e-6);
    }

    [Fact]
    public void Evaluate_AdaptiveBinsByHand_HoldEquallyMany()
    {
        // Sorted confidences 0.5+, 0.6 | 0.7, 0.8 | 0.9, 0.95 in three bins; wrong at 0.6 and 0.9.
        var data = Synthetic.OfProbabilities(
            ([0.95, 0.05], 0), ([0.6, 0.4], 1), ([0.1, 0.9], 0), ([0.2, 0.8], 1), ([0.55, 0.45], 0), ([0.7, 0.3], 0));

        Assert.Equal(
            (Math.Abs(1 - 0.55 - 0.6) + Math.Abs(2 - 0.7 - 0.8) + Math.Abs(1 - 0.9 - 0.95)) / 6,
            Calibrator.Evaluate(data, 1f, NoIntervals with { Bins = 3 }).Metrics.AdaptiveEce!.Value,
            1e-6);
    }

    [Fact]
    public void Evaluate_EqualConfidences_ShareAnAdaptiveBinWhateverTheirOrder()
    {
        (double[], int)[] rows =
        [
            ([0.8, 0.2], 0), ([0.8, 0.2], 1), ([0.8, 0.2], 0), ([0.8, 0.2], 1), ([0.9, 0.1], 0),
        ];

        foreach (var order in new[] { rows, [.. rows.Reverse()] })
        {
            Assert.Equal(
                (Math.Abs(2 - 3.2) + 0.1) / 5,
                Calibrator.Evaluate(Synthetic.OfProbabilities(order), 1f, NoIntervals).Metrics.AdaptiveEce!.Value,
                1e-6);
        }
    }

    [Theory]
    [InlineData(1, 2, 0.5f, 15)]
    [InlineData(2, 10, 1f, 15)]
    [InlineData(3, 7, 3f, 1)]
    [InlineData(4, 50, 1.37f, 100)]
    public void Evaluate_RandomData_AgreesWithTheDefinitions(int seed, int classCount, float temperature, int bins)
    {
        var data = Synthetic.Calibrated(seed, 500, classCount, 1.7);
        var metrics = Calibrator.Evaluate(data, temperature, NoIntervals with { Bins = bins }).Metrics;

        var rows = Enumerable.Range(0, data.Count).Select(row =>
            (P: Synthetic.Softmax(data.Row(row), temperature), Label: data.LabelOf(row))).ToArray();
        var top = rows.Select(row => (P: row.P.Max(), Hit: Array.IndexOf(row.P, row.P.Max()) == row.Label)).ToArray();
        Assert.Equal(top.Average(one => one.Hit ? 1.0 : 0), metrics.Accuracy, 1e-12);
        Assert.Equal(Synthetic.Nll(data, temperature), metrics.Nll, 1e-6);
        Assert.Equal(
            rows.Average(row => row.P.Select((p, k) => Math.Pow(p - (k == row.Label ? 1 : 0), 2)).Sum()), metrics.Brier,
            1e-6);
        Assert.Equal(Gaps(top, bins).Sum(bin => bin.Weight * bin.Gap), metrics.Ece, 1e-6);
        Assert.Equal(Gaps(top, bins).Max(bin => bin.Gap), metrics.Mce, 1e-6);
        Assert.Equal(
            Enumerable.Range(0, classCount).Average(k =>
                Gaps([.. rows.Select(row => (row.P[k], row.Label == k))], bins).Sum(bin => bin.Weight * bin.Gap)),
            metrics.ClasswiseEce!.Value,
            1e-6);

        // Without ties bin b of the adaptive error holds the ranks above ⌈b n / M⌉ up to ⌈(b + 1) n / M⌉.
        var sorted = top.OrderBy(one => one.P).ToArray();
        var adaptive = Enumerable.Range(0, bins).Sum(b => Math.Abs(
            sorted[(int)Math.Ceiling(b * 500m / bins)..(int)Math.Ceiling((b + 1) * 500m / bins)].Sum(one =>
                (one.Hit ? 1 : 0) - one.P)));
        Assert.Equal(adaptive / 500, metrics.AdaptiveEce!.Value, 1e-6);
    }

    [Fact]
    public void Evaluate_CertainAndRight_IsPerfect()
    {
        var evaluation = Calibrator.Evaluate(Synthetic.Rows(([3e38f, -3e38f], 0), ([-Inf, 0f], 1)), 1f);

        Assert.Equal(
            (1.0, 0.0, 0.0, 0.0, 0.0),
            (evaluation.Metrics.Accuracy, evaluation.Metrics.Nll, evaluation.Metrics.Brier, evaluation.Metrics.Ece,
                evaluation.Metrics.Mce));
        Assert.Equal(2, evaluation.Reliability[^1].Count);
    }

    [Fact]
    public void Evaluate_CertainAndWrong_StaysFinite()
    {
        var evaluation = Calibrator.Evaluate(Synthetic.Rows(([3e38f, -3e38f], 1), ([-Inf, 0f], 0)), 1f, NoIntervals);

        Assert.Equal((6e38 + (149 * Math.Log(2))) / 2, evaluation.Metrics.Nll, 1e32);
        Assert.Equal(
            (0.0, 2.0, 1.0, 1.0),
            (evaluation.Metrics.Accuracy, evaluation.Metrics.Brier, evaluation.Metrics.Ece, evaluation.Metrics.Mce));
        Assert.Equal(1, evaluation.ZeroProbabilityLabels);
    }

    [Fact]
    public void Evaluate_LabelOfProbability0_CountsTheSmallestFloat()
    {
        var evaluation = Calibrator.Evaluate(Synthetic.Rows(([-Inf, 0f], 0)), 1f, NoIntervals);

        Assert.Equal(-Math.Log(float.Epsilon), evaluation.Metrics.Nll, 1e-9);
    }

    [Fact]
    public void Evaluate_TiedLogits_AnswersTheLowerIndex() =>
        Assert.Equal(1, Calibrator.Evaluate(Synthetic.Rows(([2f, 2f, 1f], 0)), 1f, NoIntervals).Metrics.Accuracy);

    [Fact]
    public void Evaluate_OneClassOnly_IsMeasured() =>
        Assert.Equal(0.5, Calibrator.Evaluate(Synthetic.Rows(([2f, 1f], 0), ([1f, 2f], 0)), 1f).Metrics.Accuracy);

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(Inf)]
    public void Evaluate_BadTemperature_Throws(float temperature) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Calibrator.Evaluate(Synthetic.Rows(([2f, 1f], 0)), temperature));

    [Fact]
    public void Evaluate_MoreClassesThanAreTabulated_StillMeasuresThem()
    {
        const int K = Evaluator.MaxTabulatedClasses + 1;
        var data = Synthetic.Calibrated(9, 20, K);
        var evaluation = Calibrator.Evaluate(data, 1f, new CalibrationOptions { Replicates = 10 });
        var rows = Enumerable.Range(0, 20).Select(row =>
            (P: Synthetic.Softmax(data.Row(row), 1), Label: data.LabelOf(row))).ToArray();
        var classwise = Enumerable.Range(0, K).Average(k =>
            Gaps([.. rows.Select(row => (row.P[k], row.Label == k))], 15).Sum(bin => bin.Weight * bin.Gap));

        Assert.Null(evaluation.ConfusionMatrix);
        Assert.Null(evaluation.Metrics.Intervals!.ClasswiseEce);
        Assert.Equal(classwise, evaluation.Metrics.ClasswiseEce!.Value, 1e-7);
    }

    [Theory]
    [InlineData(900)]
    [InlineData(40_000)]
    public void Evaluate_Intervals_AreThoseOfMeans(int count)
    {
        // Accuracy and Brier score are means: their interval is ± 1.96 standard errors. 40,000 rows are drawn in
        // groups.
        var data = Synthetic.Calibrated(11, count, 3);
        var metrics = Calibrator.Evaluate(data, 1f, new CalibrationOptions { Replicates = 1000 }).Metrics;
        var rows = Enumerable.Range(0, count).Select(row =>
            (P: Synthetic.Softmax(data.Row(row), 1), Label: data.LabelOf(row))).ToArray();
        var right = rows.Select(row => Array.IndexOf(row.P, row.P.Max()) == row.Label ? 1.0 : 0).ToArray();
        var brier = rows.Select(row =>
            row.P.Select((p, k) => Math.Pow(p - (k == row.Label ? 1 : 0), 2)).Sum()).ToArray();
        var nll = rows.Select(row => -Math.Log(row.P[row.Label])).ToArray();

        AssertNormal(right, metrics.Intervals!.Accuracy!);
        AssertNormal(brier, metrics.Intervals.Brier!);
        AssertNormal(nll, metrics.Intervals.Nll!);
    }

    [Fact]
    public void Evaluate_MiscalibratedModel_HasItsErrorsInsideTheirIntervals()
    {
        var metrics = Calibrator.Evaluate(Synthetic.Calibrated(12, 4000, 5, 2.5), 1f).Metrics;

        AssertInside(metrics.Ece, metrics.Intervals!.Ece!);
        AssertInside(metrics.AdaptiveEce!.Value, metrics.Intervals.AdaptiveEce!);
        AssertInside(metrics.ClasswiseEce!.Value, metrics.Intervals.ClasswiseEce!);
        AssertInside(metrics.Mce, metrics.Intervals.Mce!);
        Assert.InRange(metrics.Intervals.Ece!.Upper - metrics.Intervals.Ece.Lower, 0.005, 0.05);

        static void AssertInside(double value, Interval interval) =>
            Assert.InRange(value, interval.Lower, interval.Upper);
    }

    [Fact]
    public void Evaluate_SameSeed_GivesTheSameIntervals()
    {
        var data = Synthetic.Calibrated(13, 300, 3);
        var options = new CalibrationOptions { Replicates = 100 };

        Assert.Equal(Calibrator.Evaluate(data, 1f, options).Metrics, Calibrator.Evaluate(data, 1f, options).Metrics);
        Assert.NotEqual(
            Calibrator.Evaluate(data, 1f, options).Metrics,
            Calibrator.Evaluate(data, 1f, options with { Seed = 2 }).Metrics);
    }

    private static void AssertNormal(double[] values, Interval interval)
    {
        var mean = values.Average();
        var error = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) / values.Length);

        Assert.InRange((mean - interval.Lower) / error, 1.75, 2.2);
        Assert.InRange((interval.Upper - mean) / error, 1.75, 2.2);
    }

    private static IEnumerable<(double Weight, double Gap)> Gaps((double P, bool Hit)[] rows, int bins) =>
        rows.GroupBy(row => (int)Math.Ceiling(row.P * bins))
            .Select(bin =>
                (bin.Count() / (double)rows.Length,
                    Math.Abs(bin.Average(row => row.Hit ? 1.0 : 0) - bin.Average(row => row.P))));
}
