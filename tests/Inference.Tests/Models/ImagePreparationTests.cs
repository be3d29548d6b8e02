using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Images that take long or much memory wait for their kind, and hold up no others.</summary>
public sealed class ImagePreparationTests : IDisposable
{
    // 2000² pixels: 48 MB in memory, and more than 150 ms by its header.
    private static readonly byte[] Large = CostlyImages.InterlacedPng(2000);

    private readonly ComputeGate _gate = new(1, longPermits: 1);
    private readonly ModelFolder _folder = new ModelFolder().With("a/1", ColorModels.Ending(
        graph => graph.Node("Identity", ["z"], "scores")));

    public void Dispose()
    {
        _folder.Dispose();
        _gate.Dispose();
    }

    [Fact]
    public async Task PrepareAsync_ALongOneHoldsItsPermit_ASmallOneDoesNotWaitForIt()
    {
        using var repository = Load(new ByteBudget(100_000_000));
        var model = repository.Current.Find("a", null);
        Task<Classification> second;
        using (await _gate.EnterLongAsync(CancellationToken.None))
        {
            second = ClassifyAsync(model, Large);
            Assert.Equal(0, (await ClassifyAsync(model, ColorModels.Red)).Predictions[0].Index);
            Assert.False(second.IsCompleted);
        }

        Assert.Equal(4, (await second).Predictions.Count);
    }

    [Fact]
    public async Task PrepareAsync_TheMemoryIsReserved_WaitsForIt()
    {
        var memory = new ByteBudget(100_000_000);
        using var repository = Load(memory);
        var model = repository.Current.Find("a", null);
        Task<Classification> large;
        using (await memory.ReserveAsync(60_000_000, CancellationToken.None))
        {
            large = ClassifyAsync(model, Large);
            await ClassifyAsync(model, ColorModels.Red);
            Assert.Equal((60_000_000, 1), (memory.Reserved, memory.Waiting));
        }

        await large;
        Assert.Equal((0, 0), (memory.Reserved, memory.Waiting));
    }

    [Fact]
    public async Task PrepareAsync_MoreThanTheMemoryThatThereIs_IsRejected()
    {
        using var repository = Load(new ByteBudget(40_000_000));

        var rejection = await Assert.ThrowsAsync<InferenceException>(
            () => ClassifyAsync(repository.Current.Find("a", null), Large));

        Assert.Equal(InferenceError.ImageTooLarge, rejection.Error);
        Assert.Contains("takes up to 48 MB, and 40 MB are there", rejection.Message, StringComparison.Ordinal);
        Assert.Contains("Load:MaxDecodeBytes", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrepareAsync_DamagedLargeImage_GivesItsMemoryBack()
    {
        var memory = new ByteBudget(100_000_000);
        using var repository = Load(memory);

        var rejection = await Assert.ThrowsAsync<InferenceException>(
            () => ClassifyAsync(repository.Current.Find("a", null), EncodedImages.EmptyPng(6000, 4000)));

        Assert.Equal(InferenceError.ImageUndecodable, rejection.Error);
        Assert.Equal(0, memory.Reserved);
        using var permit = await _gate.EnterLongAsync(CancellationToken.None);
    }

    private static Task<Classification> ClassifyAsync(ClassifierModel model, byte[] image) =>
        ImageClassifier.ClassifyAsync(
            new ClassificationPlan(model, new ClassificationOptions()), image, CancellationToken.None).AsTask();

    private ModelRepository Load(ByteBudget memory)
    {
        var repository = new ModelRepository(new RepositorySettings
        {
            Folder = _folder.Path,
            Model = new ModelSettings { Gate = _gate, DecodeMemory = memory },
        });
        repository.LoadAll();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        return repository;
    }
}
