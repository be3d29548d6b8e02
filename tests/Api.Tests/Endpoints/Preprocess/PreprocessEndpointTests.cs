using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using SoftmaxService.Api.Tests.Metrics;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;
using SoftmaxService.Tests.Support.TestData;

namespace SoftmaxService.Api.Tests.Endpoints.Preprocess;

[Collection(nameof(RunningService))]
public sealed class PreprocessEndpointTests(RunningService service)
{
    [Fact]
    public async Task ADigitIsShownAsTheModelSeesIt()
    {
        var answer = await PreprocessAsync(RunningService.Seven);

        Assert.Equal((200, "image/png"), (answer.Status, answer.MediaType));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        using var picture = SKBitmap.Decode(answer.Body);
        Assert.Equal((28, 28, SKColorType.Gray8), (picture.Width, picture.Height, picture.ColorType));
        // Light ink on black; the file has black on white.
        Assert.Equal((0, 255), (picture.Bytes[0], picture.Bytes.Max()));
    }

    /// <summary>An image in MNIST's form is not changed, so it is classified like its original.</summary>
    [Fact]
    public async Task APreprocessedImageIsUnchangedAndClassifiedAlike()
    {
        foreach (var image in new[] { RunningService.Seven, RunningService.Three })
        {
            var once = await PreprocessAsync(image);
            var twice = await PreprocessAsync(once.Body);
            var (expected, actual) = (
                await service.ClassifyAsync(image, "?topK=1"),
                await service.ClassifyAsync(once.Body, "?topK=1"));

            Assert.Equal(PixelsOf(once), PixelsOf(twice));
            Assert.Equal(Top(expected).GetProperty("label").GetString(), Top(actual).GetProperty("label").GetString());
            Assert.Equal(
                Top(expected).GetProperty("logit").GetDouble(),
                Top(actual).GetProperty("logit").GetDouble(),
                0.05);
        }
    }

    [MnistFact]
    public async Task DigitsOfMnistAreShownAsTheyAre()
    {
        var data = MnistTestData.Instance;
        foreach (var digit in data.Spread(20))
        {
            var answer = await PreprocessAsync(
                EncodedImages.Png(MnistTestData.Side, MnistTestData.Side, 8, 0, data.Image(digit)));

            Assert.Equal(data.Image(digit), PixelsOf(answer));
        }
    }

    [Fact]
    public async Task APhotographIsShownInTheModelsSizeAndColors()
    {
        var photograph = EncodedImages.Encode(90, 64, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90);
        var input = service.Services.GetRequiredService<ModelRepository>().Current.Find("cifar10", null).Input;
        var tensor = new float[input.ElementCount];
        new ImagePreprocessor(input).Preprocess(photograph, tensor);

        var answer = await PreprocessAsync(photograph, "?model=cifar10&version=1");

        using var picture = SKBitmap.Decode(answer.Body);
        Assert.Equal((32, 32), (picture.Width, picture.Height));
        for (var i = 0; i < 32 * 32; i++)
        {
            var shown = picture.GetPixel(i % 32, i / 32);
            Assert.Equal(Pixel(0, i), shown.Red, 1.0);
            Assert.Equal(Pixel(1, i), shown.Green, 1.0);
            Assert.Equal(Pixel(2, i), shown.Blue, 1.0);
        }

        double Pixel(int channel, int i) =>
            ((tensor[(channel * 32 * 32) + i] * input.Std[channel]) + input.Mean[channel]) / input.Scale;
    }

    [Fact]
    public async Task EveryLayoutIsShownRightAndCounted()
    {
        using var folder = new ModelFolder()
            .With(
                "bgr/1",
                ModelFolder.PickFirst(3, 48, "batch", 3, 4, 4),
                """{"input": {"color": "bgr", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]}}"""
            )
            .With(
                "last/1",
                ModelFolder.PickFirst(3, 48, "batch", 4, 4, 3),
                """{"input": {"mean": [0.1, 0.2, 0.3], "std": [0.5]}}"""
            );
        using var small = new ServiceWith(("Models:Folder", folder.Path));
        foreach (var model in new[] { "bgr", "last" })
        {
            var answer = await small.PostAsync(
                $"/preprocess?model={model}",
                EncodedImages.Encode(4, 4, EncodedImages.Colorful),
                "image/png");

            using var picture = SKBitmap.Decode(answer.Body);
            Assert.All(
                Enumerable.Range(0, 16),
                i => Assert.Equal(EncodedImages.Colorful(i % 4, i / 4), picture.GetPixel(i % 4, i / 4)));
            await MetricsText.UntilAsync(
                small,
                samples =>
                    samples.Sum(
                        "softmax_requests_total",
                        ("route", "/preprocess"),
                        ("model", model),
                        ("version", "1"),
                        ("status", "200")) == 1);
        }
    }

    [Fact]
    public async Task EveryKindOfBodyGivesTheSamePicture()
    {
        var raw = await PreprocessAsync(RunningService.Seven);
        var octets = await service.PostAsync("/preprocess", RunningService.Seven, "application/octet-stream");
        var form = await service.PostFormAsync("/preprocess", RunningService.Seven);
        var json = await service.PostAsync(
            "/preprocess",
            $$"""{"image": "{{Convert.ToBase64String(RunningService.Seven)}}"}"""
        );

        Assert.All([octets, form, json], other => Assert.Equal(raw.Body, other.Body));
    }

    [Fact]
    public async Task SeveralImagesAreRejected()
    {
        (await service.PostFormAsync("/preprocess", RunningService.Seven, RunningService.Three)).IsProblem(
            400,
            "invalid-form",
            "2 files",
            "one image");
        (
            await service.PostAsync(
                "/preprocess",
                $$"""{"images": ["{{Convert.ToBase64String(RunningService.Seven)}}"]}"""
            )).IsProblem(400, "malformed-json", "one image", "\"image\"");
    }

    public static TheoryData<string, byte[], string> BadRequests => new()
    {
        { "", [], "image/png" },
        { "", "I am no picture."u8.ToArray(), "image/png" },
        { "", RunningService.Seven[..^200], "image/png" },
        { "", EncodedImages.EmptyPng(30_000, 30_000), "image/png" },
        { "", RunningService.Seven, "text/plain" },
        { "", "{}"u8.ToArray(), "application/json" },
        { "", "--x--"u8.ToArray(), "multipart/form-data; boundary=x" },
        { "?model=nobody", RunningService.Seven, "image/png" },
        { "?version=99", RunningService.Seven, "image/png" },
        { "?model=", RunningService.Seven, "image/png" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task RejectionsAreThoseOfClassify(string query, byte[] body, string mediaType)
    {
        var (expected, actual) = (
            await service.PostAsync($"/classify{query}", body, mediaType),
            await service.PostAsync($"/preprocess{query}", body, mediaType));

        Assert.InRange(expected.Status, 400, 499);
        actual.IsProblem(expected.Status, expected.Code!);
        Assert.Equal(expected.Detail, actual.Detail);
    }

    [Fact]
    public async Task ParametersOfClassifyAreRejected() =>
        (await PreprocessAsync(RunningService.Seven, "?temperature=2")).IsProblem(
            400,
            "invalid-parameter",
            "temperature",
            "model, version, as");

    private Task<Answer> PreprocessAsync(byte[] image, string query = "") =>
        service.PostAsync($"/preprocess{query}", image, "image/png");

    private static byte[] PixelsOf(Answer answer)
    {
        Assert.True(answer.Status == 200, Encoding.UTF8.GetString(answer.Body));
        using var picture = SKBitmap.Decode(answer.Body);
        return picture.Bytes;
    }

    private static System.Text.Json.JsonElement Top(Answer answer) => answer.Json.GetProperty("predictions")[0];
}
