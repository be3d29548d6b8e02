using SkiaSharp;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.TestData;

namespace SoftmaxService.Api.Tests;

/// <summary>A third-party model, put into the model folder unchanged.</summary>
public sealed class ThirdPartyModelTests
{
    private const string Onnx = "models/mnist-zoo.onnx";
    private const int DigitCount = 200;

    [MnistFact(Onnx)]
    public async Task AModelWithoutAManifestIsServed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("zoo/1/model.onnx", await File.ReadAllBytesAsync(SharedData.Path(Onnx)));
        using var service = new ServiceWith(("Models:Folder", folder.Path), ("Models:Default", "zoo"));

        var model = (await service.GetAsync("/models/zoo/1")).Json;

        Assert.Equal("Input3", model.GetProperty("graph").GetProperty("input").GetProperty("name").GetString());
        Assert.Equal(10, model.GetProperty("labels").GetArrayLength());
        Assert.InRange(await CountRightAsync(service, invert: false), 0.97 * DigitCount, DigitCount);
    }

    [MnistFact(Onnx)]
    public async Task AManifestDeclaresForegroundAndLabels()
    {
        using var folder = new TemporaryFolder();
        folder.Write("zoo/1/model.onnx", await File.ReadAllBytesAsync(SharedData.Path(Onnx)));
        folder.Write(
            "zoo/1/model.json",
            """
            {"input": {"foreground": "light", "resize": "fit"},
             "labels": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]}
            """u8);
        using var service = new ServiceWith(("Models:Folder", folder.Path), ("Models:Default", "zoo"));

        Assert.InRange(await CountRightAsync(service, invert: true), 0.97 * DigitCount, DigitCount);
        Assert.Equal(
            "seven",
            (await service.ClassifyAsync(RunningService.Seven))
                .Json.GetProperty("predictions")[0]
                .GetProperty("label")
                .GetString());
    }

    private static async Task<int> CountRightAsync(RunningService service, bool invert)
    {
        var right = 0;
        foreach (var digit in MnistTestData.Instance.Spread(DigitCount))
        {
            var file = EncodedImages.Encode(MnistTestData.Side, MnistTestData.Side, (x, y) =>
            {
                var value = MnistTestData.Instance.Image(digit)[(y * MnistTestData.Side) + x];
                value = invert ? (byte)(255 - value) : value;
                return new SKColor(value, value, value);
            });
            var answer = await service.ClassifyAsync(file, "?topK=1");
            right +=
                answer.Json.GetProperty("predictions")[0].GetProperty("index").GetInt32()
                == MnistTestData.Instance.Label(digit)
                    ? 1
                    : 0;
        }

        return right;
    }
}
