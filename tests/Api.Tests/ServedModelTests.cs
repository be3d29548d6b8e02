using SkiaSharp;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests;

/// <summary>Typical third-party models, served over HTTP.</summary>
public sealed class ServedModelTests
{
    private static readonly byte[] Good = EncodedImages.Encode(4, 4, (_, _) => SKColors.Gray);
    private static readonly byte[] Bad = EncodedImages.Encode(
        4,
        4,
        (x, y) => x + y == 0 ? SKColors.White : SKColors.Black);

    [Fact]
    public async Task TheChosenInterpretationIsShown()
    {
        using var folder = new TemporaryFolder();
        folder.Write("two/1/model.onnx", SmallModels.WithOutputs("features", "logits"));
        folder.Write("soft/1/model.onnx", SmallModels.EndingIn("Softmax", 1, 1, 4, 4));
        folder.Write("bytes/1/model.onnx", SmallModels.OfBytes());
        using var service = new ServiceWith(("Models:Folder", folder.Path), ("Batching:MaxBatchSize", "5"));

        var two = (await service.GetAsync("/models/two/1")).Json;
        var soft = (await service.GetAsync("/models/soft/1")).Json;
        var bytes = (await service.GetAsync("/models/bytes/1")).Json;

        Assert.Equal(
            ["features", "logits"],
            two.GetProperty("graph")
                .GetProperty("outputs")
                .EnumerateArray()
                .Select(output => output.GetProperty("name").GetString()));
        Assert.Equal("logits", two.GetProperty("output").GetProperty("name").GetString());
        Assert.Contains(
            "its name is 'logits'",
            two.GetProperty("output").GetProperty("reason").GetString()!,
            StringComparison.Ordinal);
        Assert.Equal(5, two.GetProperty("batching").GetProperty("maxBatchSize").GetInt32());
        Assert.False(two.GetProperty("batching").TryGetProperty("refusal", out _));
        Assert.Equal(
            ("probabilities", "detected"),
            (
                soft.GetProperty("output").GetProperty("kind").GetString(),
                soft.GetProperty("output").GetProperty("kindSource").GetString()));
        Assert.Equal(1, soft.GetProperty("batching").GetProperty("maxBatchSize").GetInt32());
        Assert.Contains(
            "fixes its batch at 1",
            soft.GetProperty("batching").GetProperty("refusal").GetString()!,
            StringComparison.Ordinal);
        Assert.Equal(2, soft.GetProperty("notes").GetArrayLength());
        Assert.Equal("uint8", bytes.GetProperty("graph").GetProperty("input").GetProperty("elementType").GetString());
        Assert.Equal(1, bytes.GetProperty("input").GetProperty("scale").GetDouble());
    }

    [Fact]
    public async Task AnImageThatTheModelFailsOnIsAProblemOfThatImageAlone()
    {
        using var folder = new TemporaryFolder();
        folder.Write("failing/1/model.onnx", SmallModels.Failing());
        using var service = new ServiceWith(("Models:Folder", folder.Path));

        (await service.ClassifyAsync(Bad)).IsProblem(422, "model-run-failed", "Gather");
        var batch = await service.PostFormAsync("/classify", Good, Bad, "nothing"u8.ToArray(), Good);

        Assert.Equal(
            [true, false, false, true],
            batch
                .Json.GetProperty("results")
                .EnumerateArray()
                .Select(result => result.TryGetProperty("predictions", out _)));
        Assert.Equal(
            "model-run-failed",
            batch.Json.GetProperty("results")[1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(
            "image-format-unsupported",
            batch.Json.GetProperty("results")[2].GetProperty("error").GetProperty("code").GetString());
    }

    /// <summary>The answer for one image is written by hand, the entries of a batch by the serializer.</summary>
    [Theory]
    [InlineData("?model=odd")]
    [InlineData("?model=odd&topK=2&temperature=0.01&threshold=1")]
    [InlineData("?model=mnist&alpha=0.01")]
    public async Task OneImageIsAnsweredLikeABatchEntry(string query)
    {
        using var folder = new TemporaryFolder();
        folder.Write("odd/1/model.onnx", SmallModels.EndingIn("Softmax", 1, 1, 4, 4));
        folder.Write(
            "odd/1/model.json",
            """{"labels": ["é <b>&amp;", "\"'\\/\n", "\u0000𝄞"], "output": {"kind": "probabilities"}}"""u8);
        var mnist = Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1");
        folder.Write("mnist/1/model.onnx", File.ReadAllBytes(Path.Combine(mnist, "model.onnx")));
        folder.Write("mnist/1/model.json", File.ReadAllBytes(Path.Combine(mnist, "model.json")));
        using var service = new ServiceWith(("Models:Folder", folder.Path));
        var image = query.Contains("odd", StringComparison.Ordinal) ? Good : RunningService.Seven;

        var one = await service.ClassifyAsync(image, query);
        var batch = (await service.PostFormAsync($"/classify{query}", image, image)).Json;

        Assert.Equal("application/json", one.MediaType);
        string[] head = ["model", "version", "temperature"];
        foreach (var property in one.Json.EnumerateObject())
        {
            var there = head.Contains(property.Name) ? batch : batch.GetProperty("results")[0];
            Assert.Equal(there.GetProperty(property.Name).GetRawText(), property.Value.GetRawText());
        }

        Assert.Equal(
            batch.GetProperty("results")[0].EnumerateObject().Select(property => property.Name),
            one.Json.EnumerateObject().Select(property => property.Name).Except(head));
    }

    [Fact]
    public async Task ModelsThatCannotBeServedAreReportedAndTheOthersServe()
    {
        using var folder = new TemporaryFolder();
        folder.Write("good/1/model.onnx", SmallModels.OfHalves());
        folder.Write("unclear/1/model.onnx", SmallModels.WithOutputs("one", "other"));
        folder.Write("broken/1/model.onnx", "no model"u8);
        using var service = new ServiceWith(("Models:Folder", folder.Path));

        var failures = (await service.GetAsync("/models"))
            .Json.GetProperty("failures")
            .EnumerateArray()
            .Select(failure => failure.GetProperty("reason").GetString()!)
            .ToArray();

        Assert.Equal(2, failures.Length);
        Assert.Contains(
            failures,
            reason => reason.Contains("\"output\": { \"name\": \"one\" }", StringComparison.Ordinal));
        Assert.Equal(200, (await service.ClassifyAsync(Good)).Status);
    }

    [Fact]
    public async Task ManyRequestsAtOnceAreAnsweredAsEachAlone()
    {
        using var service = new ServiceWith(("Batching:ConcurrentRuns", "1"));
        byte[][] images = [RunningService.Seven, RunningService.Three];
        var alone = new[]
        {
            (await service.ClassifyAsync(images[0])).Body,
            (await service.ClassifyAsync(images[1])).Body,
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 128).Select(i => service.ClassifyAsync(images[i % 2])));

        for (var i = 0; i < answers.Length; i++)
        {
            AssertSame(alone[i % 2], answers[i].Body);
        }

        static void AssertSame(byte[] expected, byte[] actual)
        {
            var (left, right) = (Probabilities(expected), Probabilities(actual));
            Assert.Equal(left.Keys.Order(), right.Keys.Order());
            Assert.All(left, one => Assert.Equal(one.Value, right[one.Key], 1e-5));
        }

        static Dictionary<int, double> Probabilities(byte[] body) =>
            System
                .Text.Json.JsonDocument.Parse(body)
                .RootElement.GetProperty("predictions")
                .EnumerateArray()
                .ToDictionary(
                    one => one.GetProperty("index").GetInt32(),
                    one => one.GetProperty("probability").GetDouble());
    }
}
