using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class PredictionSetTests
{
    [Theory]
    [InlineData(ConformalMethod.Lac, 0.35, new[] { 2 }, false)] // 1 − 0.7 ≤ 0.35
    [InlineData(ConformalMethod.Lac, 0.25, new[] { 2 }, true)]
    [InlineData(ConformalMethod.Lac, 0.85, new[] { 2, 0 }, false)]
    [InlineData(ConformalMethod.Lac, 1.0, new[] { 2, 0, 1 }, false)]
    [InlineData(ConformalMethod.Aps, 0.65, new[] { 2 }, true)]
    [InlineData(ConformalMethod.Aps, 0.75, new[] { 2 }, false)]
    [InlineData(ConformalMethod.Aps, 0.95, new[] { 2, 0 }, false)]
    [InlineData(ConformalMethod.RandomizedAps, 0.1, new[] { 2 }, false)]
    [InlineData(ConformalMethod.RandomizedAps, 0.75, new[] { 2, 0 }, false)] // 0.7 is above class 0
    public void Of_ByHand_HoldsTheClassesWhoseScoreIsAtMostTheQuantile(
        ConformalMethod method, double quantile, int[] expected, bool added)
    {
        float[] logits = [.. new[] { 0.2, 0.1, 0.7 }.Select(p => (float)(3 * Math.Log(p)))];
        var set = PredictionSet.Of(logits, With(method, quantile, temperature: 3), 0.1);

        Assert.Equal(expected, set.Indices);
        Assert.Equal((added, 0.1, method), (set.TopClassAdded, set.Alpha, set.Method));
    }

    [Theory]
    [InlineData(ConformalMethod.Lac, 10)]
    [InlineData(ConformalMethod.Aps, 10)]
    [InlineData(ConformalMethod.Lac, 2)]
    [InlineData(ConformalMethod.Aps, 3)]
    public void Of_TheCalibrationRows_HoldsTheRightClassInExactlyAsManyAsTheRank(ConformalMethod method, int classCount)
    {
        // Scores must be bit for bit the same in calibration, in the manifest's JSON and in serving; otherwise the row
        // of the quantile itself is lost. Sums near 1 sometimes tie, so APS may include a few more rows.
        var ties = method == ConformalMethod.Lac ? 0 : 5;
        var data = Synthetic.Calibrated(21, 700, classCount, 1.9);
        var result = Calibrator.Calibrate(data, new CalibrationOptions { Method = method, Replicates = 0 });
        var manifest = ModelManifest.Parse(
            new ModelManifest { Calibration = result.ToManifest("synthetic") }.ToUtf8Json());

        foreach (var alpha in new[] { 0.3, 0.1, 0.05, 0.01 })
        {
            var sets = Enumerable.Range(0, data.Count).Select(row =>
            (
                Set: PredictionSet.Of(data.Row(row), manifest.Calibration, alpha),
                Label: data.LabelOf(row))).ToArray();
            var held = sets.Count(one => !one.Set.TopClassAdded && one.Set.Indices.Contains(one.Label));
            var rank = Conformal.Rank(data.Count, alpha);

            Assert.InRange(held, rank, rank + ties);
            Assert.All(sets, one => Assert.NotEmpty(one.Set.Indices));
        }

        Assert.All(result.PredictionSets, evaluation =>
        {
            var rank = Conformal.Rank(data.Count, evaluation.Alpha);
            Assert.InRange(evaluation.Coverage * data.Count, rank - 1e-9, rank + ties + 1e-9);
        });
    }

    [Fact]
    public void Of_MaskedAndHugeLogits_HasASet()
    {
        var set = PredictionSet.Of([float.NegativeInfinity, 3e38f, -3e38f], With(ConformalMethod.Lac, 0.5), 0.1);

        Assert.Equal([1], set.Indices);
        Assert.False(set.TopClassAdded);
    }

    [Fact]
    public void Of_TiedLogits_AreRankedByIndex() =>
        Assert.Equal([0, 1], PredictionSet.Of([1f, 1f], With(ConformalMethod.Lac, 0.5), 0.1).Indices);

    [Fact]
    public void Of_RowWithoutProbabilities_Throws() =>
        Assert.Throws<ArgumentException>(() => PredictionSet.Of([float.NaN, 1f], With(ConformalMethod.Lac, 0.5), 0.1));

    [Fact]
    public void Of_ModelWithoutConformalCalibration_IsRejected()
    {
        Assert.Equal(
            InferenceError.NotCalibrated,
            Assert.Throws<InferenceException>(() => PredictionSet.Of([1f, 2f], null, 0.1)).Error);
        Assert.Equal(
            InferenceError.NotCalibrated,
            Assert.Throws<InferenceException>(() =>
                PredictionSet.Of([1f, 2f], new ManifestCalibration { Temperature = 1 }, 0.1)).Error);
    }

    private static ManifestCalibration With(ConformalMethod method, double quantile, double temperature = 1) => new()
    {
        Temperature = temperature,
        Conformal = new ConformalQuantiles
        {
            Method = method,
            Quantiles = new Dictionary<string, double> { ["0.1"] = quantile },
        },
    };
}
