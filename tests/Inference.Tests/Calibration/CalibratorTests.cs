using System.Text;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class CalibratorTests
{
    [Fact]
    public void Calibrate_Result_SurvivesTheManifest()
    {
        var result = Calibrator.Calibrate(
            Synthetic.Calibrated(41, 400, 4, 2), new CalibrationOptions { Replicates = 50 });
        var json = new ModelManifest { Calibration = result.ToManifest("synthetic") }.ToUtf8Json();
        var read = ModelManifest.Parse(json).Calibration!;

        Assert.Equal(result.Temperature, (float)read.Temperature);
        Assert.Equal(result.TemperatureInterval, read.TemperatureInterval);
        Assert.Equal(("synthetic", 400, 15), (read.Dataset, read.Count, read.Bins));
        Assert.Equal(result.Before.Metrics, read.Before);
        Assert.Equal(result.After.Metrics, read.After);
        Assert.Equal(result.Before.Reliability, read.ReliabilityBefore);
        Assert.Equal(result.After.Reliability, read.Reliability);
        Assert.Equal(result.Energy, read.Energy);
        Assert.Equal(result.Conformal!.Quantiles, read.Conformal!.Quantiles);
        Assert.Equal(result.Conformal.Scores!.Values, read.Conformal.Scores!.Values);
        Assert.Equal(result.After.ConfusionMatrix, read.Confusion);
        Assert.Equal([0.3, 0.2, 0.1, 0.05, 0.02, 0.01], read.PredictionSets!.Select(sets => sets.Alpha));
        Assert.Equal(json, new ModelManifest { Calibration = read }.ToUtf8Json());
        Assert.Contains("\"method\": \"lac\"", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
    }

    [Fact]
    public void Calibrate_ManifestsSets_AreThoseThatAreServed()
    {
        foreach (var method in Enum.GetValues<ConformalMethod>())
        {
            var data = Synthetic.Calibrated(47, 300, 5, 1.5);
            var calibration = Calibrator.Calibrate(
                data, new CalibrationOptions { Method = method, Replicates = 0, Alphas = [0.15] }).ToManifest(null);

            Assert.All(calibration.PredictionSets!, told =>
            {
                var sets = Enumerable.Range(0, data.Count).Select(row =>
                (
                    PredictionSet.Of(data.Row(row), calibration, told.Alpha).Indices,
                    Label: data.LabelOf(row))).ToArray();
                Assert.Equal(sets.Average(set => set.Indices.Contains(set.Label) ? 1.0 : 0.0), told.Coverage, 1e-12);
                Assert.Equal(sets.Average(set => set.Indices.Count), told.MeanSize, 1e-12);
                Assert.InRange(told.Coverage, 1 - told.Alpha, 1);
            });
            Assert.True(calibration.PredictionSets![0].MeanSize < calibration.PredictionSets[^1].MeanSize);
        }
    }

    [Theory]
    [InlineData(98, 5)]
    [InlineData(99, 6)]
    [InlineData(9, 3)]
    public void Calibrate_ManifestsSets_AreOfTheAlphasThatTheRowsSupport(int count, int alphas) =>
        Assert.Equal(
            alphas,
            Calibrator.Calibrate(
                Synthetic.Calibrated(48, count, 3, 2), new CalibrationOptions
                {
                    Replicates = 0,
                    Alphas = [0.5],
                }).ToManifest(null).PredictionSets!.Count);

    [Fact]
    public void Calibrate_Confusion_CountsRightClassesInRowsAndAnswersInColumns()
    {
        var data = Synthetic.Rows(
        [
            .. Enumerable.Repeat<(float[], int)>(([2, 0, 0], 0), 5),
            .. Enumerable.Repeat<(float[], int)>(([0, 2, 0], 0), 2),
            ([0, 0, 2], 1),
        ]);

        Assert.Equal(
            [[5, 2, 0], [0, 0, 1], [0, 0, 0]],
            Calibrator.Calibrate(
                data, new CalibrationOptions { Alphas = [], Replicates = 0 }).ToManifest(null).Confusion!);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Calibrate_ManyClasses_HasNoConfusion(int classCount, bool hasConfusion) =>
        Assert.Equal(
            hasConfusion,
            Calibrator.Calibrate(
                Synthetic.Calibrated(49, 150, classCount, 2), new CalibrationOptions
                {
                    Replicates = 0,
                }).ToManifest(null).Confusion is not null);

    [Fact]
    public void Calibrate_ManifestOfTheFirstRelease_IsStillRead()
    {
        var manifest = ModelManifest.Parse("""
            { "calibration": { "temperature": 1.07, "count": 10, "bins": 15,
              "before": { "accuracy": 0.9, "nll": 0.1, "brier": 0.2, "ece": 0.01, "mce": 0.1 },
              "reliability": [ { "lower": 0.0, "upper": 0.0667, "count": 0, "confidence": 0.0, "accuracy": 0.0 } ],
              "conformal": { "method": "aps", "quantiles": { "0.1": 0.93 } },
              "energy": { "threshold": -3.0, "truePositiveRate": 0.95 } } }
            """u8);

        Assert.Equal([1], PredictionSet.Of([0f, 2f], manifest.Calibration, 0.1).Indices);
        Assert.Null(manifest.Calibration!.Before!.Intervals);
        Assert.Null(manifest.Calibration.PredictionSets);
    }

    [Fact]
    public void Calibrate_Evaluations_AreThoseOfEvaluate()
    {
        var data = Synthetic.Calibrated(42, 300, 3, 0.4);
        var options = new CalibrationOptions { Replicates = 20 };
        var result = Calibrator.Calibrate(data, options);

        Assert.Equal((1f, result.Temperature), (result.Before.Temperature, result.After.Temperature));
        Assert.Equal(Calibrator.Evaluate(data, result.Temperature, options).Metrics, result.After.Metrics);
        Assert.Equal(Calibrator.Evaluate(data, 1f, options).Metrics, result.Before.Metrics);
        Assert.True(result.After.Metrics.Nll < result.Before.Metrics.Nll);
    }

    [Fact]
    public void Calibrate_Energy_IsAtTheFittedTemperature()
    {
        var data = Synthetic.Calibrated(43, 200, 3, 2);
        var result = Calibrator.Calibrate(data, new CalibrationOptions { Replicates = 0 });
        var energies = OutOfDistribution.Energies(data, result.Temperature).Order().ToArray();

        Assert.Equal((energies[189], 0.95), ((float)result.Energy.Threshold, result.Energy.TruePositiveRate));
    }

    [Fact]
    public void Calibrate_WithoutAlphasAndReplicates_LeavesThoseOut()
    {
        var result = Calibrator.Calibrate(
            Synthetic.Calibrated(44, 30, 3, 2), new CalibrationOptions { Alphas = [], Replicates = 0 });

        Assert.Null(result.Conformal);
        Assert.Null(result.TemperatureInterval);
        Assert.Empty(result.PredictionSets);
        Assert.Null(result.ToManifest(null).PredictionSets);
    }

    [Fact]
    public void Calibrate_OptionOutOfRange_Throws()
    {
        var data = Synthetic.Calibrated(45, 200, 3, 2);

        Assert.All(
            new CalibrationOptions[]
            {
                new() { Bins = 0 },
                new() { Bins = 1001 },
                new() { Replicates = -1 },
                new() { Replicates = 10_001 },
                new() { TruePositiveRate = 0 },
                new() { Alphas = [1] },
            },
            options => Assert.Throws<ArgumentOutOfRangeException>(() => Calibrator.Calibrate(data, options)));
    }

    [Fact]
    public void Calibrate_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() =>
            Calibrator.Calibrate(
                Synthetic.Calibrated(46, 200, 3, 2), cancellationToken: new CancellationToken(canceled: true)));
}
