using System.Runtime.InteropServices;
using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Tests.Batching;

namespace SoftmaxService.Inference.Tests;

public sealed class TensorClassifierTests
{
    [Fact]
    public async Task Classify_Items_GivesTheirScoresInOrder()
    {
        using var folder = new ModelFolder().With("a/1", Three, """{"calibration": {"temperature": 2}}""");
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);
        float[] items =
        [
            .. Enumerable.Range(0, 40)
                .SelectMany(item => Enumerable.Range(0, 16).Select(pixel => (float)(item + pixel))),
        ];

        var answer = await ClassifyAsync(model, new TensorRequest { Items = Bytes(items), Count = 40 });

        Assert.Equal((40, 3), (answer.Count, answer.ClassCount));
        Assert.Equal(
            Enumerable.Range(0, 40).SelectMany(item => new float[] { item, item + 1, item + 2 }), answer.Logits);
        Assert.Equal(new AppliedTemperature(2f, TemperatureSource.Calibrated), answer.Temperature);
        Assert.Equal(Math.Exp(1) / (1 + Math.Exp(0.5) + Math.Exp(1)), answer.Probabilities[(39 * 3) + 2], 1e-6);
        Assert.Empty(answer.GraphOutputs);
        Assert.Equal(1, model.Classifier.Leases);
    }

    [Fact]
    public async Task Classify_Images_AnswersEachAsIfItWereAlone()
    {
        using var folder = new ModelFolder().With("tensors/1", SmallModels.EndingIn("Softmax", "batch", 1, 4, 4));
        using var repository = folder.Load();
        var model = repository.Current.Find("tensors", null);
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 20).Select(i => (ReadOnlyMemory<byte>)Gray(i * 12))];

        var request = new TensorRequest { Images = images, Count = 20, Temperature = 0.5f };
        var answer = await ClassifyAsync(model, request);

        var plan = new ClassificationPlan(model, new ClassificationOptions { Temperature = 0.5f });
        for (var i = 0; i < images.Length; i++)
        {
            foreach (var one in ImageClassifier.Classify(plan, images[i].Span).Predictions)
            {
                Assert.Equal(one.Probability, answer.Probabilities[(i * 3) + one.Index], 1e-6f);
                Assert.Equal(one.Logit, answer.Logits[(i * 3) + one.Index], 1e-5f);
            }
        }
    }

    [Fact]
    public async Task Classify_ItemsOfOneRequest_ShareRuns()
    {
        var name = Guid.NewGuid().ToString();
        using var folder = new ModelFolder().With($"{name}/1", Three);
        using var repository = new ModelRepository(new RepositorySettings
        {
            Folder = folder.Path,
            Model = new ModelSettings { MaxBatchSize = 8, Onnx = new() { ConcurrentRuns = 1 } },
        });
        repository.LoadAll();
        using var sizes = new BatchSizes(name);

        var model = repository.Current.Models[0];
        await ClassifyAsync(model, new TensorRequest { Items = new byte[20 * 64], Count = 20 });
        await ImageClassifier.ClassifyAllAsync(
            new ClassificationPlan(model, new ClassificationOptions()),
            [.. Enumerable.Range(0, 10).Select(i => (ReadOnlyMemory<byte>)(i == 3 ? [1] : Gray(i)))],
            CancellationToken.None);

        Assert.Equal([8, 8, 4, 7, 2], sizes.All);
    }

    [Fact]
    public async Task Classify_Halves_AreTakenAndGivenAsTheyAre()
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.OfHalves());
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);
        var items = Enumerable.Range(0, 32).Select(i => (Half)i).ToArray();
        Assert.Equal(32, model.Classifier.ItemBytes);

        var request = new TensorRequest { Items = Bytes(items), Count = 2, GraphOutputs = ["halves"] };
        var answer = await ClassifyAsync(model, request);

        Assert.Equal([0f, 1f, 2f, 16f, 17f, 18f], answer.Logits);
        var output = Assert.Single(answer.GraphOutputs);
        Assert.Equal(("halves", "float16"), (output.Name, output.ElementType));
        Assert.Equal([2, 3], output.Shape);
        Assert.Equal(
            [0f, 1f, 2f, 16f, 17f, 18f],
            MemoryMarshal.Cast<byte, Half>(output.Bytes).ToArray().Select(half => (float)half));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task Classify_TheGraphsOwnOutputs_AreJoinedAlongTheBatch(int count)
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.WithOutputs("twice", "logits"));
        using var repository = folder.Load();
        var items = Enumerable.Range(0, count * 16).Select(i => (float)i).ToArray();
        float[] expected =
        [
            .. Enumerable.Range(0, count)
                .SelectMany(item => new[] { item * 16f, (item * 16f) + 1, (item * 16f) + 2 }),
        ];

        var answer = await ClassifyAsync(
            repository.Current.Find("a", null),
            new TensorRequest { Items = Bytes(items), Count = count, GraphOutputs = ["logits", "twice"] });

        Assert.Equal(expected, answer.Logits);
        Assert.Equal(["logits", "twice"], answer.GraphOutputs.Select(output => output.Name));
        Assert.All(answer.GraphOutputs, output => Assert.Equal([count, 3], output.Shape));
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(answer.GraphOutputs[0].Bytes).ToArray());
        Assert.Equal(
            expected.Select(score => 2 * score),
            MemoryMarshal.Cast<byte, float>(answer.GraphOutputs[1].Bytes).ToArray());
    }

    [Fact]
    public async Task Classify_GraphThatCannotBatch_GivesItsOutputsOneByOne()
    {
        using var folder = new ModelFolder()
            .With("a/1", SmallModels.Mixing())
            .With("b/1", SmallModels.WithoutBatch(16), SmallModels.IsImage)
            .With("c/1", SmallModels.WithOutputsOfManyKinds());
        using var repository = folder.Load();
        var request = new TensorRequest
        {
            Items = Bytes(Enumerable.Range(0, 32).Select(i => (float)i).ToArray()),
            Count = 2,
        };

        var mixing = await ClassifyAsync(
            repository.Current.Find("a", null), request with { GraphOutputs = ["mixed"] });
        var single = await ClassifyAsync(
            repository.Current.Find("b", null), request with { GraphOutputs = ["row_scores"] });
        var many = await ClassifyAsync(
            repository.Current.Find("c", null), request with { GraphOutputs = ["label", "map"], Scores = false });

        Assert.Equal([0f, 2f, 4f, 32f, 34f, 36f], mixing.Logits);
        Assert.Equal([2, 3], Assert.Single(single.GraphOutputs).Shape);
        Assert.Equal([0f, 1f, 2f, 16f, 17f, 18f], single.Logits);
        Assert.Equal([2L, 2L], MemoryMarshal.Cast<byte, long>(many.GraphOutputs[0].Bytes).ToArray());
        Assert.Equal(("int64", "float"), (many.GraphOutputs[0].ElementType, many.GraphOutputs[1].ElementType));
        Assert.Equal([2, 1, 4, 4], many.GraphOutputs[1].Shape);
        Assert.Empty(many.Logits);
    }

    [Fact]
    public async Task Classify_ItemWithoutProbabilities_IsAFaultWhereScoresAreWanted()
    {
        using var folder = new ModelFolder().With("a/1", Three);
        using var repository = folder.Load();
        var items = new float[32];
        items[16] = float.NaN;
        var model = repository.Current.Find("a", null);
        var request = new TensorRequest { Items = Bytes(items), Count = 2, GraphOutputs = ["scores"] };

        var fault = await Assert.ThrowsAsync<InferenceException>(() => ClassifyAsync(model, request));
        var answer = await ClassifyAsync(model, request with { Scores = false });

        Assert.Equal(InferenceError.ModelOutputNotFinite, fault.Error);
        Assert.Contains("item 1", fault.Message, StringComparison.Ordinal);
        Assert.True(float.IsNaN(MemoryMarshal.Cast<byte, float>(answer.GraphOutputs[0].Bytes)[3]));
    }

    [Theory]
    [InlineData(63, 1)]
    [InlineData(64, 2)]
    [InlineData(0, 0)]
    public async Task Classify_ItemCountMismatch_IsRejected(int bytes, int count)
    {
        using var folder = new ModelFolder().With("a/1", Three);
        using var repository = folder.Load();

        var request = new TensorRequest { Items = new byte[bytes], Count = count };

        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            ClassifyAsync(repository.Current.Find("a", null), request));
    }

    [Theory]
    [InlineData(1, new[] { 2, 0 })]
    [InlineData(2, new[] { 2, 1, 0, 2 })]
    [InlineData(9, new[] { 2, 1, 0, 0, 2, 1 })]
    public async Task Classify_TopK_RanksKClassesOfEachItem(int topK, int[] ranking)
    {
        using var folder = new ModelFolder().With("a/1", Three);
        using var repository = folder.Load();
        var items = new float[32];
        (items[1], items[2]) = (1f, 2f);
        (items[16], items[17], items[18]) = (5f, -1f, 3f);
        var request = new TensorRequest { Items = Bytes(items), Count = 2, TopK = topK };

        var answer = await ClassifyAsync(repository.Current.Find("a", null), request);

        Assert.Equal(ranking, answer.Ranking);
    }

    [Fact]
    public async Task Classify_TopKBelowOne_IsRejected()
    {
        using var folder = new ModelFolder().With("a/1", Three);
        using var repository = folder.Load();
        var request = new TensorRequest { Items = new byte[64], Count = 1, TopK = 0 };

        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            ClassifyAsync(repository.Current.Find("a", null), request));
    }

    [Fact]
    public async Task Classify_BadImageOrCancelled_LeavesNothingRented()
    {
        using var folder = new ModelFolder().With("a/1", Three);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);
        var request = new TensorRequest { Images = [Gray(1), new byte[] { 1, 2, 3 }], Count = 2 };

        var readable = request with { Images = [Gray(1), Gray(2)] };

        await Assert.ThrowsAsync<InferenceException>(() => ClassifyAsync(model, request));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            TensorClassifier.ClassifyAsync(model, readable, new CancellationToken(canceled: true)));

        Assert.Equal(1, model.Classifier.Leases);
        Assert.Equal(0, model.Queue.WaitingCount);
    }

    private static byte[] Three => ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);

    private static Task<TensorAnswer> ClassifyAsync(ClassifierModel model, TensorRequest request) =>
        TensorClassifier.ClassifyAsync(model, request, CancellationToken.None);

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static byte[] Gray(int value) => EncodedImages.Encode(4, 4, (x, _) =>
    {
        var grey = (byte)(value + x);
        return new SKColor(grey, grey, grey);
    });
}
