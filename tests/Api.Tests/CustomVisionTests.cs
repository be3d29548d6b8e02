using SkiaSharp;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests;

/// <summary>
/// A model as Custom Vision exports it: the class's name, and a list of maps from names to probabilities.
/// </summary>
public sealed class CustomVisionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AMapOfProbabilitiesIsAnsweredWithItsNames()
    {
        using var service = Start();

        var answer = await service.ClassifyAsync(Image(SKColors.Red));
        var model = (await service.GetAsync("/models/pets/1")).Json;

        // With one gain, the logits of red are 1, 0 and 0.
        var top = answer.Json.GetProperty("predictions")[0];
        Assert.Equal("cat", top.GetProperty("label").GetString());
        Assert.Equal(Math.E / (Math.E + 2), top.GetProperty("probability").GetDouble(), 1e-5);
        Assert.Equal(
            ["classLabel", "loss", "p"],
            model.GetProperty("graph").GetProperty("outputs").EnumerateArray()
                .Select(output => output.GetProperty("name").GetString()));
        Assert.Equal("p", model.GetProperty("output").GetProperty("name").GetString());
        Assert.Equal("probabilities", model.GetProperty("output").GetProperty("kind").GetString());
        Assert.Equal("the graph's ZipMap", model.GetProperty("sources").GetProperty("labels").GetString());
    }

    [Fact]
    public async Task ATemperatureAndABatchWorkOnIt()
    {
        using var service = Start();

        var flat = await service.ClassifyAsync(Image(SKColors.Red), "?temperature=1000");
        var batch = await service.PostFormAsync("/classify", Image(SKColors.Blue), Image(SKColors.Lime));

        Assert.Equal(1 / 3.0, flat.Json.GetProperty("predictions")[0].GetProperty("probability").GetDouble(), 1e-3);
        Assert.Equal(
            ["fish", "dog"],
            batch.Json.GetProperty("results").EnumerateArray()
                .Select(result => result.GetProperty("predictions")[0].GetProperty("label").GetString()));
    }

    private static byte[] Image(SKColor color) => EncodedImages.Encode(8, 8, (_, _) => color);

    private ServiceWith Start()
    {
        _folder.Write("pets/1/model.onnx", CustomVisionModel.Of(["cat", "dog", "fish"], 8));
        return new ServiceWith(("Models:Folder", _folder.Path));
    }
}
