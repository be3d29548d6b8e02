using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using SoftmaxService.Inference.Arrays;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Api.Tests.Endpoints.Preprocess;

/// <summary><c>POST /preprocess?as=npy</c>.</summary>
[Collection(nameof(RunningService))]
public sealed class PreprocessTensorTests(RunningService service)
{
    private static readonly byte[] Photograph =
        EncodedImages.Encode(90, 64, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90);

    [Fact]
    public async Task ATensorIsAnsweredAsAFile()
    {
        var input = service.Services.GetRequiredService<ModelRepository>().Current.Find("cifar10", null).Input;
        var expected = new float[input.ElementCount];
        new ImagePreprocessor(input).Preprocess(Photograph, expected);

        var answer = await service.PostAsync("/preprocess?model=cifar10&as=npy", Photograph, "image/jpeg");

        Assert.Equal((200, "application/x-npy"), (answer.Status, answer.MediaType));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var array = NpyFormat.Read(answer.Body);
        Assert.Equal([1, 3, 32, 32], array.Shape);
        Assert.Equal(NumpyElementType.Float32, array.ElementType);
        Assert.Equal(expected, array.ToFloats());
    }

    /// <summary>The answer goes into the Open Inference Protocol as it is, and classifies like the image.</summary>
    [Fact]
    public async Task ATensorIsWhatTheModelRunsOn()
    {
        var tensor = NpyFormat.Read(
            (await service.PostAsync("/preprocess?as=npy", RunningService.Seven, "image/png")).Body);

        var answer = await service.PostAsync("/v2/models/mnist/infer", JsonSerializer.Serialize(new
        {
            inputs = new[]
            {
                new { name = "image", shape = tensor.Shape, datatype = "FP32", data = tensor.ToFloats() },
            },
        }));

        var logits = answer.Json.GetProperty("outputs").EnumerateArray()
            .Single(output => output.GetProperty("name").GetString() == "logits")
            .GetProperty("data").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        var seven = (await service.ClassifyAsync(RunningService.Seven)).Json.GetProperty("predictions")[0];
        Assert.Equal("7", seven.GetProperty("label").GetString());
        Assert.Equal(seven.GetProperty("logit").GetSingle(), logits[7], 1e-4f);
    }

    [Fact]
    public async Task TheShapeAndTheElementTypeAreThoseOfTheGraph()
    {
        using var folder = new ModelFolder()
            .With("bytes/1", SmallModels.OfBytes(), SmallModels.IsImage)
            .With("halves/1", SmallModels.OfHalves(), SmallModels.IsImage)
            .With("alone/1", SmallModels.WithoutBatch(1, 4, 4), SmallModels.IsImage)
            .With("fixed/1", ModelFolder.PickFirst(3, 48, 8, 3, 4, 4))
            .With("last/1", ModelFolder.PickFirst(3, 48, "batch", 4, 4, 3))
            .With("wide/1", Wide(), SmallModels.IsImage);
        using var small = new ServiceWith(("Models:Folder", folder.Path));
        var image = EncodedImages.Encode(4, 4, EncodedImages.Colorful);

        Assert.Equal((NumpyElementType.UInt8, "[1, 1, 4, 4]"), await FormAsync("bytes"));
        Assert.Equal((NumpyElementType.Float16, "[1, 1, 4, 4]"), await FormAsync("halves"));
        Assert.Equal((NumpyElementType.Float32, "[1, 4, 4]"), await FormAsync("alone"));
        Assert.Equal((NumpyElementType.Float32, "[1, 3, 4, 4]"), await FormAsync("fixed"));
        Assert.Equal((NumpyElementType.Float32, "[1, 4, 4, 3]"), await FormAsync("last"));
        Assert.Equal((NumpyElementType.Int64, "[1, 1, 4, 4]"), await FormAsync("wide"));

        async Task<(NumpyElementType Type, string Shape)> FormAsync(string model)
        {
            var answer = await small.PostAsync($"/preprocess?as=npy&model={model}", image, "image/png");
            var array = NpyFormat.Read(answer.Body);
            return (array.ElementType, array.ShapeText);
        }
    }

    [Fact]
    public async Task APictureIsTheDefault()
    {
        var (named, plain) = (
            await service.PostAsync("/preprocess?as=png", RunningService.Seven, "image/png"),
            await service.PostAsync("/preprocess", RunningService.Seven, "image/png"));

        Assert.Equal("image/png", named.MediaType);
        Assert.Equal(plain.Body, named.Body);
    }

    [Theory]
    [InlineData("numpy")]
    [InlineData("NPY")]
    [InlineData("")]
    public async Task AnotherFormIsRejected(string form) =>
        (await service.PostAsync($"/preprocess?as={form}", RunningService.Seven, "image/png")).IsProblem(
            400, "invalid-parameter", $"as is '{form}'", "png or npy");

    [Fact]
    public async Task AnImageThatCannotBeReadIsRejectedAsForAPicture() =>
        (await service.PostAsync("/preprocess?as=npy", RunningService.Seven[..^200], "image/png")).IsProblem(
            422, "image-undecodable");

    private static byte[] Wide()
    {
        var graph = new OnnxGraphBuilder("wide");
        var image = graph.Input("image", DataType.Int64, "batch", 1, 4, 4);
        var floats = graph.Node("Cast", [image], "floats", ("to", (long)DataType.Float));
        var flat = graph.Node("Reshape", [floats, graph.Initializer<long>("shape", [-1, 16], 2)], "flat");
        var weights = new float[16 * 3];
        weights[0] = weights[4] = weights[8] = 1;
        graph.Node("MatMul", [flat, graph.Initializer("weights", weights, 16, 3)], "scores");
        graph.Output("scores", DataType.Float, "batch", 3);
        return graph.ToByteArray();
    }
}
