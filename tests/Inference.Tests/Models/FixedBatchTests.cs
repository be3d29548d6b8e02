using SkiaSharp;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// Graphs that fix a batch of several images: each run is filled up, and only the images' rows are read.
/// </summary>
public sealed class FixedBatchTests
{
    private const int Batch = 8;

    public static TheoryData<OnnxDimension[], int> Shapes => new()
    {
        { [8, 1, 8, 8], 8 },
        { [10, 8, 8, 1], 8 },
        { [8, 8, 8], 8 },
        { [128, 64], 8 },
        { [128, 784], 28 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Classify_FixedBatch_AnswersEachImageByItself(OnnxDimension[] shape, int side)
    {
        var graph = Start(shape, side * side);
        graph.Output("scores", DataType.Float, shape[0], 3);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());
        using var repository = folder.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        var model = repository.Current.Find("a", null);

        var alone = ImageClassifier.Classify(model, Image(side, 51), new ClassificationOptions());
        var plan = new ClassificationPlan(model, new ClassificationOptions());
        var images = Enumerable.Range(0, 20).Select(i => (ReadOnlyMemory<byte>)Image(side, (byte)(i * 10))).ToArray();
        var together = await ImageClassifier.ClassifyAllAsync(plan, images, CancellationToken.None);

        Assert.Equal(0.2f, alone.Predictions.Single(one => one.Index == 1).Logit, 1e-6f);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => MathF.Round(i * 10 / 255f, 5)),
            together.Select(one => MathF.Round(one.Answer!.Predictions.Single(of => of.Index == 1).Logit, 5)));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(64)]
    public void Load_FixedBatch_SharesRunsUpToIt(int batch)
    {
        var onnx = ModelFolder.PickFirst(3, 16, batch, 1, 4, 4);

        Assert.Equal(
            (batch, null), ColorModels.Ask(onnx, null, model => (model.MaxBatchSize, model.BatchingRefusal)));
    }

    [Fact]
    public void Load_FixedBatchWhereJoiningIsSwitchedOff_RunsImagesAlone()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, Batch, 1, 4, 4));
        using var repository = new ModelRepository(
            new RepositorySettings { Folder = folder.Path, Model = new ModelSettings { MaxBatchSize = 1 } });
        repository.LoadAll();

        Assert.Equal(1, repository.Current.Models[0].MaxBatchSize);
        Assert.Contains("switched off", repository.Current.Models[0].BatchingRefusal!, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_FixedBatchThatMixesItsImages_RunsThemAloneAndAnswersTheSameEachTime()
    {
        var graph = Start([Batch, 1, 4, 4], 16);
        graph.Node("ReduceMax", ["scores"], "largest", ("axes", new long[] { 0 }));
        graph.Node("Add", ["scores", "largest"], "mixed");
        graph.Output("mixed", DataType.Float, Batch, 3);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        Assert.Equal(1, model.MaxBatchSize);
        Assert.Contains("mixes the images", model.BatchingRefusal!, StringComparison.Ordinal);
        Assert.Equal(2f, LogitOf(255), 1e-6f);
        Assert.Equal(0.4f, LogitOf(51), 1e-6f);

        float LogitOf(byte gray) => ImageClassifier.Classify(model, Image(4, gray), new ClassificationOptions())
            .Predictions.Single(one => one.Index == 1)
            .Logit;
    }

    [Fact]
    public async Task ClassifyTensors_FixedBatch_GivesTheGraphsOutputsForTheItemsAlone()
    {
        var graph = Start([Batch, 1, 4, 4], 16);
        graph.Node("ArgMax", ["scores"], "label", ("axis", -1L), ("keepdims", 0L));
        graph.Output("label", DataType.Int64, Batch);
        graph.Output("scores", DataType.Float, Batch, 3);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());
        using var repository = folder.Load();
        const int count = 11;

        var answer = await TensorClassifier.ClassifyAsync(
            repository.Current.Find("a", null),
            new TensorRequest
            {
                Images = [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Image(4, (byte)(i * 20)))],
                Count = count,
                GraphOutputs = ["label", "scores"],
            },
            CancellationToken.None);

        Assert.Equal([count], answer.GraphOutputs[0].Shape);
        Assert.Equal(count * sizeof(long), answer.GraphOutputs[0].Bytes.Length);
        Assert.Equal([count, 3], answer.GraphOutputs[1].Shape);
        Assert.Equal(10 * 20 / 255f, answer.Logits[^2], 1e-6f);
    }

    [Theory]
    [InlineData(3)] // a row for the whole batch
    [InlineData(24)] // the rows of all images in one
    public void Load_OutputThatDoesNotFollowTheFixedBatch_IsRejected(int columns)
    {
        var graph = Start([Batch, 1, 4, 4], 16);
        graph.Node("Reshape", ["scores", graph.Initializer<long>("row", [1, 24], 2)], "all");
        graph.Node(
            "Slice",
            ["all", graph.Initializer<long>("zero", [0], 1), graph.Initializer<long>("end", [columns], 1),
                graph.Initializer<long>("axis", [1], 1)],
            "row_scores");
        graph.Output("row_scores", DataType.Float, 1, columns);

        Assert.Contains(
            $"[1, {columns}] for 8 images", ColorModels.Rejection(graph.ToByteArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2000, 16, "a fixed batch of 2000; up to 1024 are served")]
    [InlineData(1000, 90_000, "an input of 1000 × 1 × 300 × 300 numbers is more than")]
    public void Load_FixedBatchThatIsTooLarge_IsRejected(int batch, int pixels, string expected)
    {
        var side = (int)Math.Sqrt(pixels);

        Assert.Contains(
            expected, ColorModels.Rejection(ModelFolder.PickFirst(3, pixels, batch, 1, side, side)),
            StringComparison.Ordinal);
    }

    /// <summary>A graph whose scores are 0, the first pixel and 0.</summary>
    private static OnnxGraphBuilder Start(OnnxDimension[] shape, int pixels)
    {
        var graph = new OnnxGraphBuilder("fixed");
        var weights = new float[pixels * 3];
        weights[1] = 1f;
        graph.Node(
            "Reshape",
            [graph.Input("image", DataType.Float, shape), graph.Initializer<long>("shape", [-1, pixels], 2)], "flat");
        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, pixels, 3)], "scores");
        return graph;
    }

    private static byte[] Image(int side, byte gray) =>
        EncodedImages.Encode(side, side, (_, _) => new SKColor(gray, gray, gray));
}
