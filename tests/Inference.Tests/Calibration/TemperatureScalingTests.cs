using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class TemperatureScalingTests
{
    private const float Inf = float.PositiveInfinity;

    [Theory]
    [InlineData(2f, 9, 10)]
    [InlineData(0.01f, 60, 100)]
    [InlineData(700f, 999, 1000)]
    [InlineData(1e-30f, 3, 4)]
    [InlineData(3e38f, 3, 4)]
    public void Fit_TwoClassesAtOneMargin_IsTheClosedForm(float margin, int right, int count)
    {
        // Each answer has the probability 1 / (1 + exp(−m/T)), which maximum likelihood sets to the share r of correct
        // answers: T = m / ln(r / (1 − r)).
        var data = Synthetic.Rows(
        [
            .. Enumerable.Range(0, count).Select(i =>
                (i % 2 == 0 ? new[] { margin, 0f } : [0f, margin], i < right ? i % 2 : 1 - (i % 2))),
        ]);

        AssertRelative(margin / Math.Log(right / (double)(count - right)), TemperatureScaling.Fit(data), 1e-9);
    }

    [Theory]
    [InlineData(1, 2, 0.3, 1.0)]
    [InlineData(2, 10, 1.0, 2.0)]
    [InlineData(3, 3, 40.0, 6.0)]
    [InlineData(4, 100, 5.0, 0.5)]
    public void Fit_RandomData_IsTheMinimumThatASearchFinds(int seed, int classCount, double factor, double spread)
    {
        var data = Synthetic.Calibrated(seed, 300, classCount, factor, spread);
        var fitted = TemperatureScaling.Fit(data);

        AssertRelative(GoldenSection(t => Synthetic.Nll(data, t), fitted / 100, fitted * 100), fitted, 1e-6);
    }

    [Fact]
    public void Fit_RowsWithMaskedClasses_IsTheFitWithoutThem()
    {
        var data = Synthetic.Calibrated(5, 200, 3, 2);
        var masked = new LabelledLogits(
            Enumerable.Range(0, 200).SelectMany(row => (float[])[.. data.Row(row), -Inf]).ToArray(),
            data.Labels.ToArray(), 4);

        AssertRelative(TemperatureScaling.Fit(data), TemperatureScaling.Fit(masked), 1e-12);
    }

    [Fact]
    public void Fit_RowsWhoseRightClassIsMasked_CountThemAsTheSmallestFloatProbability()
    {
        var data = Synthetic.Calibrated(6, 200, 3, 2);
        float[] row = [1, -Inf, 2];
        var lowest = (float)(Math.Log(Math.E + Math.Exp(2)) + Math.Log(Math.Pow(2, -149)));
        var masked = With(data, row, label: 1);
        var bounded = With(data, [1, lowest, 2], label: 1);

        AssertRelative(TemperatureScaling.Fit(bounded), TemperatureScaling.Fit(masked), 1e-9);
        Assert.True(TemperatureScaling.Fit(masked) > 1.2 * TemperatureScaling.Fit(data));
        Assert.Equal(-149 * Math.Log(2), Math.Log(Synthetic.Softmax([1, lowest, 2], 1)[1]), 1e-4);

        static LabelledLogits With(LabelledLogits data, float[] row, int label) => new(
            Enumerable.Range(0, data.Count).SelectMany(i => data.Row(i).ToArray()).Concat(row).ToArray(),
            (int[])[.. data.Labels, label],
            data.ClassCount);
    }

    [Fact]
    public void Fit_MaskedRightClassAmongHugeLogits_IsNoHigherThanTheLowest()
    {
        // Next to 1e30, a step of 103 vanishes: the class would be level with the first.
        var masked = Synthetic.Rows(([1e30f, -Inf, 9e29f], 1), ([1e30f, 0f, 0f], 0), ([0f, 1e30f, 0f], 1));
        var bounded = Synthetic.Rows(([1e30f, 9e29f, 9e29f], 1), ([1e30f, 0f, 0f], 0), ([0f, 1e30f, 0f], 1));

        AssertRelative(TemperatureScaling.Fit(bounded), TemperatureScaling.Fit(masked), 1e-9);
    }

    [Fact]
    public void Fit_OutliersOfHugeLogits_StillFindsTheMinimum()
    {
        var data = Synthetic.Rows(
            ([3e37f, -3e37f], 0), ([1e37f, -1e37f], 1), ([5f, 1f], 0), ([1f, 5f], 1), ([2f, 1f], 1));
        var fitted = TemperatureScaling.Fit(data);

        Assert.True(Synthetic.Nll(data, fitted) <= Synthetic.Nll(data, fitted * 1.001));
        Assert.True(Synthetic.Nll(data, fitted) <= Synthetic.Nll(data, fitted / 1.001));
    }

    [Fact]
    public void Fit_TemperatureBeyondFloat_IsRejected() =>
        AssertImpossible("which a float cannot hold", ([3e38f, -3e38f], 0), ([1e38f, -1e38f], 1));

    [Theory]
    [InlineData(1f)]
    [InlineData(1e-38f)]
    [InlineData(1e38f)]
    public void Fit_AllRight_IsRejectedWhateverTheMargin(float margin) =>
        AssertImpossible(
            "Every one of the 2 rows is answered right: the likelihood only rises as the temperature falls to 0",
            ([margin, 0f], 0), ([0f, margin], 1));

    [Fact]
    public void Fit_AllRightAndOthersLevel_IsRejected() =>
        AssertImpossible(
            "Every one of the rows whose logits differ is answered right (rows of equal logits: 1 of 3)", ([2f, 1f], 0),
            ([1f, 2f], 1), ([1f, 1f], 0));

    [Fact]
    public void Fit_RightClassTied_IsRejectedAsLevel() =>
        AssertImpossible(
            "In none of the 3 rows is a wrong class above the right one, though in 2 one is level with it",
            ([2f, 2f, 1f], 1), ([1f, 2f, 0f], 1), ([1f, 1f, 1f], 0));

    [Fact]
    public void Fit_HardDecisionsThatAreRight_AreRejectedAsBeyondAnyTemperature() =>
        AssertImpossible(
            "leaves one class only, the right one, and masks all others: its probability is 1 at any temperature",
            ([2f, -Inf], 0), ([-Inf, 9f], 1));

    [Fact]
    public void Fit_HardDecisionsAndEqualLogits_AreRejectedAsBeyondAnyTemperature() =>
        AssertImpossible("all logits are equal or all but one masked", ([2f, -Inf], 0), ([9f, 9f], 1));

    [Fact]
    public void Fit_LabelsAgainstTheLogits_IsRejected() =>
        AssertImpossible("say no more about their labels than chance (wrong answers: 2)", ([2f, 1f], 1), ([1f, 2f], 0));

    [Fact]
    public void Fit_AllWrongButSecond_HasATemperature() =>
        Assert.InRange(TemperatureScaling.Fit(Synthetic.Rows(([3f, 2f, -9f], 1), ([2f, 3f, -9f], 0))), 0.1, 10);

    [Fact]
    public void Fit_EqualLogits_IsRejected() =>
        AssertImpossible("In each of the 2 rows all logits are equal", ([2f, 2f], 1), ([1f, 1f], 0));

    [Fact]
    public void Fit_OneHotRowsThatAreAllRight_SaysThatTheyLookLikeProbabilities() =>
        AssertImpossible("The rows look like probabilities", ([1f, 0f], 0), ([0f, 1f], 1));

    [Fact]
    public void Fit_OneClassOnly_IsRejected() =>
        AssertImpossible("All 2 labels are class 1", ([2f, 1f], 1), ([1f, 2f], 1));

    [Fact]
    public void Fit_NothingButMaskedLabels_IsRejected() =>
        AssertImpossible("-Infinity in all 2 rows", ([2f, -Inf], 1), ([-Inf, 2f], 0));

    [Theory]
    [InlineData(1, 5_000, 10)]
    [InlineData(2, 30_000, 3)]
    [InlineData(3, 60_000, 2)]
    public void Calibrate_CalibratedLogitsTimesTwoAndAHalf_GiveThatBackWithinTheInterval(
        int seed, int count, int classCount)
    {
        var data = Synthetic.Calibrated(seed, count, classCount, 2.5);
        var result = Calibrator.Calibrate(data, new CalibrationOptions { Replicates = 300 });
        var interval = result.TemperatureInterval!;

        Assert.InRange(2.5, interval.Lower, interval.Upper);
        Assert.InRange(result.Temperature, interval.Lower, interval.Upper);
        Assert.InRange(interval.Upper - interval.Lower, 1 / Math.Sqrt(count), 20 / Math.Sqrt(count));
        Assert.True(result.After.Metrics.Nll < result.Before.Metrics.Nll);
        Assert.True(result.After.Metrics.Ece < result.Before.Metrics.Ece);
        Assert.Equal(result.Before.Metrics.Accuracy, result.After.Metrics.Accuracy);
    }

    [Theory]
    [InlineData(400, 300)]
    [InlineData(60_000, 45_000)]
    public void BootstrapInterval_TwoClassesAtOneMargin_IsThatOfTheBinomial(int count, int right)
    {
        // A replicate's share r of correct answers is binomial, and T = m / ln(r / (1 − r)) decreases with it.
        var rows = Enumerable.Range(0, count).Select(i =>
            (i % 2 == 0 ? new[] { 2f, 0f } : [0f, 2f], i < right ? i % 2 : 1 - (i % 2)));
        var data = Synthetic.Rows([.. rows]);
        var share = right / (double)count;
        var deviation = Math.Sqrt(share * (1 - share) / count);
        var interval = TemperatureScaling.BootstrapInterval(
            data, TemperatureScaling.Fit(data), new CalibrationOptions { Replicates = 4000 }, default);

        double TemperatureAt(double z) => 2 / Math.Log((share + (z * deviation)) / (1 - share - (z * deviation)));
        Assert.InRange(interval.Lower, TemperatureAt(2.10), TemperatureAt(1.82));
        Assert.InRange(interval.Upper, TemperatureAt(-1.82), TemperatureAt(-2.10));
    }

    [Fact]
    public void BootstrapInterval_OverManySamples_CoversTheTruthAtItsNominalRate()
    {
        var held = Enumerable.Range(100, 60).Count(seed =>
        {
            var data = Synthetic.Calibrated(seed, 300, 3, 2.5);
            var interval = TemperatureScaling.BootstrapInterval(
                data, TemperatureScaling.Fit(data), new CalibrationOptions { Replicates = 200 }, default);
            return interval.Lower <= 2.5 && 2.5 <= interval.Upper;
        });

        // 57 expected; three standard deviations of 60 draws and a percentile interval's own shortfall at this n.
        Assert.InRange(held, 50, 60);
    }

    [Fact]
    public void BootstrapInterval_OneMistake_ReachesDownTo0()
    {
        // One of three replicates holds no mistake and has no lowest temperature.
        var data = Synthetic.Rows(
            [.. Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? new[] { 4f, 0f } : [0f, 4f], i == 0 ? 1 : i % 2))]);

        Assert.Equal(
            0,
            TemperatureScaling.BootstrapInterval(
                data, TemperatureScaling.Fit(data), new CalibrationOptions(), default).Lower);
    }

    private static void AssertImpossible(string reason, params (float[], int)[] rows)
    {
        var fault = Assert.Throws<InferenceException>(() => TemperatureScaling.Fit(Synthetic.Rows(rows)));

        Assert.Equal(InferenceError.CalibrationImpossible, fault.Error);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    private static void AssertRelative(double expected, double actual, double tolerance) =>
        Assert.InRange(actual / expected, 1 - tolerance, 1 + tolerance);

    /// <summary>
    /// Narrows the interval until the function is flat within rounding, then takes the vertex of a parabola through
    /// three points around it.
    /// </summary>
    private static double GoldenSection(Func<double, double> function, double low, double high)
    {
        var ratio = (Math.Sqrt(5) - 1) / 2;
        while (high / low > 1.02)
        {
            var (left, right) = (high - (ratio * (high - low)), low + (ratio * (high - low)));
            (low, high) = function(left) < function(right) ? (low, right) : (left, high);
        }

        var middle = (low + high) / 2;
        for (var round = 0; round < 4; round++)
        {
            var step = middle * 1e-4;
            var (below, at, above) = (function(middle - step), function(middle), function(middle + step));
            middle -= step * (above - below) / (2 * (above - (2 * at) + below));
        }

        return middle;
    }
}
