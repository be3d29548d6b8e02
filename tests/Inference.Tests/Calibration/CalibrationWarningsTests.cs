using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class CalibrationWarningsTests
{
    private const float Inf = float.PositiveInfinity;

    [Fact]
    public void Calibrate_GoodData_HasNoWarnings()
    {
        var result = Calibrate(Synthetic.Calibrated(61, 300, 3, 2));

        Assert.Empty(result.Warnings);
        Assert.Null(result.ToManifest(null).Warnings);
    }

    [Fact]
    public void Calibrate_RightClassesAtMinusInfinity_AreUsedAndCounted()
    {
        var good = Synthetic.Calibrated(62, 300, 3, 2);
        var data = new LabelledLogits(
            (float[])[.. Enumerable.Range(0, 300).SelectMany(row => good.Row(row).ToArray()), 1, -Inf, 2, -Inf, 0, 1],
            (int[])[.. good.Labels, 1, 0], 3);
        var result = Calibrate(data);

        Assert.Equal(302, result.Count);
        Assert.True(result.Temperature > 1.2 * Calibrate(good).Temperature);
        Assert.True(result.After.Metrics.Nll < result.Before.Metrics.Nll);
        Assert.StartsWith(
            "2 of 302 rows give their right class the logit -Infinity", Assert.Single(result.Warnings),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Calibrate_LackingAndScarceClasses_AreNamed()
    {
        var good = Synthetic.Calibrated(63, 200, 3, 2);
        var rows = Enumerable.Range(0, 200).SelectMany(row => (float[])[.. good.Row(row), -9, -9, -9]).ToArray();
        int[] labels = [.. good.Labels];
        labels[0] = 3;

        var result = Calibrate(new LabelledLogits(rows, labels, 6), ["a", "b", "c", "d", new string('e', 50), "f"]);

        Assert.Equal(
        [
            $"2 of the 6 classes have no rows ('{new string('e', 40)}…', 'f'): neither the temperature nor the "
            + "quantiles can be trusted for them.",
            "1 of the 6 classes has fewer than 10 rows ('d'): the figures for it are unreliable.",
        ], result.Warnings);
        Assert.Equal(
            result.Warnings,
            ModelManifest.Parse(
                new ModelManifest { Calibration = result.ToManifest(null) }.ToUtf8Json()).Calibration!.Warnings);
        Assert.Contains(
            "(4, 5)", Calibrator.WarningsFor(new LabelledLogits(rows, labels, 6))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Calibrate_ManyLackingClasses_NamesTheFirstFive()
    {
        float[] row = [.. Enumerable.Repeat(0f, 20)];
        var data = new LabelledLogits((float[])[.. row, .. row], new[] { 0, 1 }, 20);

        Assert.Contains(
            "18 of the 20 classes have no rows (2, 3, 4, 5, 6, …)", Calibrator.WarningsFor(data)[0],
            StringComparison.Ordinal);
    }

    [Fact]
    public void Calibrate_ProbabilitiesAsLogits_IsWarnedOf()
    {
        var probabilities = ProbabilitiesOf(Synthetic.Calibrated(64, 300, 3, 2));

        Assert.Equal([CalibrationWarnings.LookLikeProbabilities], Calibrate(probabilities).Warnings);
    }

    [Fact]
    public void FromScores_ManyProbabilitiesOfEightBits_AreTakenAndKnown()
    {
        // Of a thousand classes, most round to 0, and the others do not sum to 1.
        const int Classes = 1000;
        var random = new Random(3);
        var scores = new float[60 * Classes];
        var labels = new int[60];
        for (var row = 0; row < labels.Length; row++)
        {
            labels[row] = random.Next(Classes);
            var top = row % 4 == 0 ? (labels[row] + 1) % Classes : labels[row];
            scores[(row * Classes) + top] = random.Next(100, 200) / 256f;
            scores[(row * Classes) + ((top + 7) % Classes)] = random.Next(1, 20) / 256f;
        }

        var data = LabelledLogits.FromScores(scores, labels, Classes, OutputKind.Probabilities);

        Assert.InRange(TemperatureScaling.Fit(data), 0.3, 3);
        Assert.Contains(
            CalibrationWarnings.LookLikeProbabilities,
            Calibrator.WarningsFor(new LabelledLogits(scores, labels, Classes)));
    }

    [Fact]
    public void WarningsFor_PercentAndSigmoids_SayWhatTheyLookLike()
    {
        Assert.Contains(
            "Every row sums to 100",
            Calibrator.WarningsFor(Synthetic.Rows(([90f, 10f], 0), ([20f, 80f], 1), ([55f, 45f], 0)))[0],
            StringComparison.Ordinal);
        Assert.Contains(
            "as a sigmoid gives",
            Calibrator.WarningsFor(Synthetic.Rows(([0.9f, 0.8f], 0), ([0.2f, 0.1f], 1), ([0.5f, 0.4f], 0)))[0],
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            Calibrator.WarningsFor(Synthetic.Rows(([9f, 1f], 0), ([2f, 6f], 1), ([5f, 4f], 0))),
            warning => warning.Contains("sum", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1f, 0f)]
    [InlineData(0.33f, 0.66f)]
    [InlineData(-0.003f, 1.003f)]
    public void WarningsFor_RowsCloseToProbabilities_LookLikeThem(float first, float second) =>
        Assert.Contains(
            CalibrationWarnings.LookLikeProbabilities, Calibrator.WarningsFor(Synthetic.Rows(([first, second], 0))));

    [Theory]
    [InlineData(-0.1f, 1.1f)]
    [InlineData(0.3f, 0.6f)]
    [InlineData(-0.5f, -0.9f)]
    public void WarningsFor_OtherRows_DoNot(float first, float second) =>
        Assert.DoesNotContain(
            CalibrationWarnings.LookLikeProbabilities,
            Calibrator.WarningsFor(Synthetic.Rows(([0.5f, 0.5f], 0), ([first, second], 0))));

    [Fact]
    public void FromScores_Probabilities_GiveTheTemperatureOfTheirLogits()
    {
        var logits = Synthetic.Calibrated(65, 300, 3, 2);
        var probabilities = ProbabilitiesOf(logits);
        var declared = LabelledLogits.FromScores(
            Values(probabilities), probabilities.Labels.ToArray(), 3, OutputKind.Probabilities);
        var logarithms = LabelledLogits.FromScores(
            Array.ConvertAll(Values(probabilities), MathF.Log), probabilities.Labels.ToArray(), 3,
            OutputKind.LogProbabilities);

        Assert.Equal(Calibrate(logits).Temperature, Calibrate(declared).Temperature, 1e-4);
        Assert.Equal(Calibrate(logits).Temperature, Calibrate(logarithms).Temperature, 1e-4);
        Assert.Empty(Calibrate(declared).Warnings);
        Assert.Empty(Calibrate(logarithms).Warnings);
    }

    [Theory]
    [InlineData(0.001f, 0.0005)]
    [InlineData(0.1f, 1.0 / 512)]
    public void FromScores_ProbabilityOf0_IsHalfTheSmallestAndAtMostHalfAStepOf8Bits(float smallest, double read)
    {
        var data = LabelledLogits.FromScores(
            new[] { 0f, 1f, smallest, 1 - smallest }, new[] { 0, 1 }, 2, OutputKind.Probabilities);

        Assert.Equal(Math.Log(read), data.Row(0)[0], 1e-5);
        Assert.Contains(
            "1 of 2 rows give their right class a probability of 0", Assert.Single(data.Warnings),
            StringComparison.Ordinal);
    }

    [Fact]
    public void FromScores_ProbabilityOf0OfAnotherClass_IsNoWarning() =>
        Assert.Empty(
            LabelledLogits.FromScores(
                new[] { 0f, 1f, 0.25f, 0.75f }, new[] { 1, 1 }, 2, OutputKind.Probabilities).Warnings);

    [Theory]
    [InlineData(
        OutputKind.Probabilities, 2f, 1f,
        "Row 1 (the first is 0) holds no probabilities: the probability of class 0 is 2")]
    [InlineData(
        OutputKind.Probabilities, 0.7f, 0.9f,
        "Row 1 (the first is 0) holds no probabilities: their probabilities sum to 1.6")]
    [InlineData(OutputKind.Probabilities, -0.1f, 1f, "the probability of class 0 is -0.1")]
    [InlineData(
        OutputKind.LogProbabilities, -0.1f, -0.1f,
        "Row 1 (the first is 0) holds no log-probabilities: their probabilities sum to 1.8")]
    public void FromScores_RowsOfAnotherKind_AreRejectedByRow(OutputKind kind, float first, float second, string reason)
    {
        var good = kind == OutputKind.Probabilities ? 0.5f : MathF.Log(0.5f);
        var fault = Assert.Throws<InferenceException>(() =>
            LabelledLogits.FromScores(new[] { good, good, first, second }, new[] { 0, 1 }, 2, kind));

        Assert.Equal(InferenceError.LabelledDataInvalid, fault.Error);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    private static CalibrationResult Calibrate(LabelledLogits data, IReadOnlyList<string>? names = null) =>
        Calibrator.Calibrate(data, new CalibrationOptions { Replicates = 0, ClassNames = names });

    private static float[] Values(LabelledLogits data) =>
        [.. Enumerable.Range(0, data.Count).SelectMany(row => data.Row(row).ToArray())];

    private static LabelledLogits ProbabilitiesOf(LabelledLogits data) => new(
        Enumerable.Range(0, data.Count)
            .SelectMany(row => Synthetic.Softmax(data.Row(row), 1))
            .Select(p => (float)p)
            .ToArray(),
        data.Labels.ToArray(), data.ClassCount);
}
