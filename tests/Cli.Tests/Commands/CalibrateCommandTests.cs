using System.Text.Json;
using System.Xml.Linq;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Cli.Tests.Commands;

public sealed class CalibrateCommandTests : IDisposable
{
    private readonly PickFirstData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task AModelGetsItsCalibrationAndKeepsEveryOtherByte()
    {
        var (images, _, _) = _data.WriteIdx(400);

        var run = await CommandRun.OfAsync("calibrate", _data.ModelPath, images, "--dataset", "four hundred");

        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        var text = await File.ReadAllTextAsync(_data.ManifestPath);
        var calibration = ModelManifest.Parse(await File.ReadAllBytesAsync(_data.ManifestPath)).Calibration!;
        Assert.Equal(("four hundred", 400), (calibration.Dataset, calibration.Count));
        Assert.True(calibration.After!.Ece < calibration.Before!.Ece);
        Assert.Equal(400, calibration.Confusion!.Sum(row => row.Sum()));
        Assert.Equal(6, calibration.PredictionSets!.Count);

        // Without the calibration, the text is the original one.
        var start = text.IndexOf("\"calibration\"", StringComparison.Ordinal);
        var end = text.IndexOf("\"training\"", StringComparison.Ordinal);
        Assert.Equal(PickFirstData.OriginalManifest, text[..start] + text[end..]);
        Assert.Equal("svg", XDocument.Load(Path.Combine(_data.ModelPath, "reliability.svg")).Root!.Name.LocalName);
        Assert.Equal(["model.json", "model.onnx", "reliability.svg"], FilesOfTheModel());
    }

    [Fact]
    public async Task WhoMayNotReadTheManifestMayNotReadTheNewOne()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(_data.ManifestPath, Private);
        var (images, _, _) = _data.WriteIdx(400);

        Assert.Equal(0, (await CommandRun.OfAsync("calibrate", _data.ModelPath, images)).ExitCode);
        Assert.Equal(Private, File.GetUnixFileMode(_data.ManifestPath));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    public async Task AnImpossibleNumberOfBinsIsRejectedAtOnce(string bins)
    {
        var run = await CommandRun.OfAsync("calibrate", _data.ModelPath, "nothing", "--bins", bins);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--bins must be at", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelWithoutAManifestGetsOne()
    {
        using var bare = new PickFirstData(manifest: null);
        var (images, _, _) = bare.WriteIdx(400);

        Assert.Equal(0, (await CommandRun.OfAsync("calibrate", bare.ModelPath, images)).ExitCode);
        Assert.Equal(400, ModelManifest.Parse(await File.ReadAllBytesAsync(bare.ManifestPath)).Calibration!.Count);
    }

    [Fact]
    public async Task ImagesAndTheirLogitsGiveTheSameTemperature()
    {
        var (images, logits, labels) = _data.WriteIdx(400);
        var csv = _data.WriteCsv(logits, labels);

        var fromImages = await CommandRun.OfAsync("calibrate", _data.ModelPath, images, "--json");
        var fromLogits = await CommandRun.OfAsync("calibrate", "--logits", csv, "--json");

        Assert.Equal((0, 0), (fromImages.ExitCode, fromLogits.ExitCode));
        Assert.Equal(Temperature(fromImages), Temperature(fromLogits), 1e-4);
    }

    [Fact]
    public async Task LogitsAloneChangeNothing()
    {
        var (_, logits, labels) = _data.WriteIdx(400);

        var run = await CommandRun.OfAsync("calibrate", "--logits", _data.WriteCsv(logits, labels));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Fitted temperature", run.Output, StringComparison.Ordinal);
        Assert.Equal(["model.json", "model.onnx"], FilesOfTheModel());
    }

    [Fact]
    public async Task DeclaredProbabilitiesGiveTheTemperatureOfTheirLogits()
    {
        var (_, logits, labels) = _data.WriteIdx(400);
        var fromLogits = await CommandRun.OfAsync("calibrate", "--logits", _data.WriteCsv(logits, labels), "--json");
        var probabilities = _data.WriteCsv([.. logits.Select(SoftmaxOf)], labels);
        var declared = await CommandRun.OfAsync(
            "calibrate",
            "--logits",
            probabilities,
            "--kind",
            "probabilities",
            "--json");
        var notSaid = await CommandRun.OfAsync("calibrate", "--logits", probabilities);

        Assert.Equal(Temperature(fromLogits), Temperature(declared), 1e-3);
        Assert.False(JsonDocument.Parse(declared.Output).RootElement.TryGetProperty("warnings", out _));
        Assert.Equal(0, notSaid.ExitCode);
        Assert.Contains("Warning: The rows look like probabilities", notSaid.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RowsThatAreNotOfTheirKindAreRejectedByRow()
    {
        var (_, logits, labels) = _data.WriteIdx(400);
        var run = await CommandRun.OfAsync(
            "calibrate",
            "--logits",
            _data.WriteCsv(logits, labels),
            "--kind",
            "probabilities");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Row 0 (the first is 0) holds no probabilities", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKindIsForACsv()
    {
        Assert.Equal(2, (await CommandRun.OfAsync("calibrate", "--logits", "x.csv", "--kind", "percentages")).ExitCode);
        var run = await CommandRun.OfAsync(
            "calibrate",
            _data.ModelPath,
            _data.WriteIdx(400).Images,
            "--kind",
            "logits");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("output.kind", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClassWithoutImagesIsWarnedOfInTheManifestTheTextAndTheReport()
    {
        var (images, _, _) = _data.WriteIdx(400, labelsFrom: 1);
        var report = Path.Combine(_data.FolderPath, "report");
        const string Warning =
            "1 of the 3 classes has no rows ('a'): neither the temperature nor the quantiles can be trusted for it.";

        var run = await CommandRun.OfAsync("calibrate", _data.ModelPath, images, "--report", report);
        var measured = await CommandRun.OfAsync("evaluate", _data.ModelPath, images, "--json");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [Warning],
            ModelManifest.Parse(await File.ReadAllBytesAsync(_data.ManifestPath)).Calibration!.Warnings);
        Assert.Contains($"Warning: {Warning}", run.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains(
            Warning,
            await File.ReadAllTextAsync(Path.Combine(report, "report.html")),
            StringComparison.Ordinal);
        Assert.Equal(Warning, JsonDocument.Parse(measured.Output).RootElement.GetProperty("warnings")[0].GetString());
    }

    [Fact]
    public async Task AnOutputThatRoundsTheRightClassToZeroIsWarnedOfAndNoImageIsDropped()
    {
        using var data = new PickFirstData(onnx: QuantizedSoftmax());
        var images = data.WriteIdx(300).Images;

        var run = await CommandRun.OfAsync("calibrate", data.ModelPath, images);

        Assert.Equal(0, run.ExitCode);
        var calibration = ModelManifest.Parse(await File.ReadAllBytesAsync(data.ManifestPath)).Calibration!;
        Assert.Matches(
            "^For [1-9][0-9]* of 300 images the model's output rounds the right class's probability to 0\\.",
            Assert.Single(calibration.Warnings!));
        Assert.Equal(300, calibration.Count);
        Assert.InRange(calibration.Before!.Nll, 0.5, 2.5); // each probability of 0 would cost 103
    }

    [Fact]
    public async Task TooFewImagesForAnAlphaAreRejected() =>
        await AssertRejectedAsync(_data.WriteIdx(50).Images, "0.01");

    [Fact]
    public async Task ALargerAlphaNeedsFewerImages()
    {
        var run = await CommandRun.OfAsync("calibrate", _data.ModelPath, _data.WriteIdx(50).Images, "--alpha", "0.2");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["0.2"],
            ModelManifest.Parse(await File.ReadAllBytesAsync(_data.ManifestPath)).Calibration!.Conformal!.Quantiles.Keys
        );
    }

    [Fact]
    public async Task OneClassOnlyIsRejected() =>
        await AssertRejectedAsync(_data.WriteIdx(200, labelsFrom: 2).Images, "class");

    [Fact]
    public async Task ADamagedImageIsRejectedByName()
    {
        _data.WriteImage("images/a/good.png", 10);
        await File.WriteAllTextAsync(Path.Combine(_data.FolderPath, "images/a/text.png"), "no image");

        await AssertRejectedAsync(Path.Combine(_data.FolderPath, "images"), "text.png");
    }

    [Fact]
    public async Task AMissingFileIsRejected() =>
        await AssertRejectedAsync(Path.Combine(_data.FolderPath, "nowhere"), "there is no such file");

    [Fact]
    public async Task AFileOfAnotherNameIsNotCalibrated()
    {
        var other = Path.Combine(_data.ModelPath, "other.onnx");
        File.Copy(Path.Combine(_data.ModelPath, "model.onnx"), other);

        var run = await CommandRun.OfAsync("calibrate", other, _data.WriteIdx(200).Images);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("models/<name>/1/model.onnx", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoppedItLeavesEverythingAsItWas()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();

        var run = await CommandRun.OfAsync(stopped.Token, "calibrate", _data.ModelPath, _data.WriteIdx(400).Images);

        Assert.Equal(130, run.ExitCode);
        await AssertUntouchedAsync();
    }

    /// <summary>The 8-bit softmax of the pixels.</summary>
    private static byte[] QuantizedSoftmax()
    {
        var graph = new OnnxGraphBuilder("quantized");
        graph.Node(
            "Reshape",
            [graph.Input("image", DataType.Float, "batch", 1, 2, 2), graph.Initializer<long>("shape", [-1, 4], 2)],
            "flat");
        graph.Node(
            "Slice",
            [
                "flat",
                graph.Initializer<long>("from", [0], 1),
                graph.Initializer<long>("to", [3], 1),
                graph.Initializer<long>("axes", [1], 1),
            ],
            "z");
        graph.Node("Softmax", ["z"], "p", ("axis", -1L));
        graph.Initializer("scale", [1f / 256]);
        graph.Initializer<byte>("zero", [0]);
        graph.Node("QuantizeLinear", ["p", "scale", "zero"], "q");
        graph.Node("DequantizeLinear", ["q", "scale", "zero"], "scores");
        graph.Output("scores", DataType.Float, "batch", 3);
        return graph.ToByteArray();
    }

    private static float[] SoftmaxOf(float[] logits)
    {
        var weights = logits.Select(logit => Math.Exp(logit - logits.Max())).ToArray();
        return [.. weights.Select(weight => (float)(weight / weights.Sum()))];
    }

    private static double Temperature(CommandRun run) =>
        JsonDocument.Parse(run.Output).RootElement.GetProperty("temperature").GetDouble();

    private async Task AssertRejectedAsync(string data, string reason)
    {
        var run = await CommandRun.OfAsync("calibrate", _data.ModelPath, data);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        await AssertUntouchedAsync();
    }

    private async Task AssertUntouchedAsync()
    {
        Assert.Equal(PickFirstData.OriginalManifest, await File.ReadAllTextAsync(_data.ManifestPath));
        Assert.Equal(["model.json", "model.onnx"], FilesOfTheModel());
    }

    private IEnumerable<string?> FilesOfTheModel() =>
        Directory.EnumerateFiles(_data.ModelPath).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
