using System.Text;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class CalibratorTests
{
    [Fact]
    public void Calibrate_Result_SurvivesTheManifest()
    {
        var result = Calibrator.Calibrate(Synthetic.Calibrated(41, 400, 4, 2), new CalibrationOptions { Replicates = 50 });
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
        Assert.Equal(json, new ModelManifest { Calibration = read }.ToUtf8Json());
        Assert.Contains("\"method\": \"lac\"", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
    }

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
        var result = Calibrator.Calibrate(Synthetic.Calibrated(44, 30, 3, 2), new CalibrationOptions { Alphas = [], Replicates = 0 });

        Assert.Null(result.Conformal);
        Assert.Null(result.TemperatureInterval);
        Assert.Empty(result.PredictionSets);
    }

    [Fact]
    public void Calibrate_OptionOutOfRange_Throws()
    {
        var data = Synthetic.Calibrated(45, 200, 3, 2);

        Assert.All(
            new CalibrationOptions[] { new() { Bins = 0 }, new() { Bins = 1001 }, new() { Replicates = -1 }, new() { Replicates = 10_001 }, new() { TruePositiveRate = 0 }, new() { Alphas = [1] } },
            options => Assert.Throws<ArgumentOutOfRangeException>(() => Calibrator.Calibrate(data, options)));
    }

    [Fact]
    public void Calibrate_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() => Calibrator.Calibrate(Synthetic.Calibrated(46, 200, 3, 2), cancellationToken: new CancellationToken(canceled: true)));
}
