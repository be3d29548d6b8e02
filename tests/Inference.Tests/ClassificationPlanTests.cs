using SkiaSharp;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests;

public sealed class ClassificationPlanTests
{
    private const string Calibrated =
        """
        {"input": {"scale": 0.015625}, "labels": ["low", "high", "middle"],
         "calibration": {"temperature": 1.5, "conformal": {"method": "lac", "quantiles": {"0.1": 0.83}}}}
        """;

    // The logits are the first row's brightness divided by 64: 0.5, 3, 1.
    private static readonly byte[] Image = EncodedImages.Encode(4, 4, (x, y) => y > 0 ? SKColors.Black : x switch
    {
        0 => new SKColor(32, 32, 32),
        1 => new SKColor(192, 192, 192),
        2 => new SKColor(64, 64, 64),
        _ => SKColors.Black,
    });

    [Theory]
    [InlineData(null, null, 1f, TemperatureSource.Default)]
    [InlineData(2f, null, 2f, TemperatureSource.Request)]
    [InlineData(null, 1.5, 1.5f, TemperatureSource.Calibrated)]
    [InlineData(2f, 1.5, 2f, TemperatureSource.Request)]
    public void Temperature_IsTheRequestedOneThenTheCalibratedOneThenOne(
        float? requested, double? calibrated, float value, TemperatureSource source)
    {
        var calibration = calibrated is { } temperature
            ? FormattableString.Invariant($$"""{"calibration": {"temperature": {{temperature}} } }""")
            : null;
        using var folder = new ModelFolder().With("a/1", Three, calibration);
        using var repository = folder.Load();

        var options = new ClassificationOptions { Temperature = requested };
        var plan = new ClassificationPlan(repository.Current.Find("a", null), options);

        Assert.Equal(new AppliedTemperature(value, source), plan.Temperature);
    }

    [Theory]
    [InlineData(null, 3)]
    [InlineData(1, 1)]
    [InlineData(int.MaxValue, 3)]
    public void TopK_DefaultsToAllAndIsAtMostAll(int? requested, int topK)
    {
        using var folder = new ModelFolder().With("a/1", Three);
        using var repository = folder.Load();

        var options = new ClassificationOptions { TopK = requested };

        Assert.Equal(topK, new ClassificationPlan(repository.Current.Find("a", null), options).TopK);
    }

    [Fact]
    public void Quantile_IsThatOfAlpha()
    {
        using var folder = new ModelFolder().With("a/1", Three, Calibrated);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        Assert.Null(new ClassificationPlan(model, new ClassificationOptions()).Quantile);
        Assert.Equal(
            new ConformalQuantile(0.1, ConformalMethod.Lac, 0.83),
            new ClassificationPlan(model, new ClassificationOptions { Alpha = 0.1 }).Quantile);
    }

    [Fact]
    public void Alpha_WithoutAQuantile_IsRejectedBeforeAnImageIsSeen()
    {
        using var folder = new ModelFolder().With("a/1", Three, Calibrated).With("b/1", Three);
        using var repository = folder.Load();

        foreach (var name in new[] { "a", "b" })
        {
            var fault = Assert.Throws<InferenceException>(() =>
                new ClassificationPlan(repository.Current.Find(name, null), new ClassificationOptions { Alpha = 0.2 }));
            Assert.Equal(InferenceError.NotCalibrated, fault.Error);
        }
    }

    [Theory]
    [InlineData(0f, 1, 0.1)]
    [InlineData(-1f, 1, 0.1)]
    [InlineData(float.NaN, 1, 0.1)]
    [InlineData(float.PositiveInfinity, 1, 0.1)]
    [InlineData(1f, 0, 0.1)]
    [InlineData(1f, 1, 0.0)]
    [InlineData(1f, 1, 1.0)]
    public void Options_OutOfRange_AreRejected(float temperature, int topK, double alpha)
    {
        using var folder = new ModelFolder().With("a/1", Three, Calibrated);
        using var repository = folder.Load();
        var options = new ClassificationOptions { Temperature = temperature, TopK = topK, Alpha = alpha };

        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new ClassificationPlan(repository.Current.Find("a", null), options));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0.1f)]
    [InlineData(20f)]
    public void PredictionSet_IsMadeAtTheModelsOwnTemperature_WhateverTheCallers(float? temperature)
    {
        using var folder = new ModelFolder().With("a/1", Three, Calibrated);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);
        var expected = PredictionSet.Of([0.5f, 3f, 1f], model.Manifest.Calibration, 0.1);

        var options = new ClassificationOptions { Temperature = temperature, TopK = 1, Alpha = 0.1 };
        var answer = ImageClassifier.Classify(new ClassificationPlan(model, options), Image);

        Assert.Equal(["high", "middle"], answer.PredictionSet!.Labels);
        Assert.Equal(expected.Indices.Select(index => model.Labels[index]), answer.PredictionSet.Labels);
        Assert.Equal("high", Assert.Single(answer.Predictions).Label);
    }

    private static byte[] Three => ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);
}
