using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class RunQueueTests : IDisposable
{
    private readonly SmallClassifier _model = new();

    [Fact]
    public void Execute_NothingElseRuns_RunsAtOnceOnTheCallersThread()
    {
        var queue = _model.Queue(slots: 1);
        var thread = 0;
        using var sizes = new BatchSizes(_model.Name, _ => thread = Environment.CurrentManagedThreadId);
        using var run = _model.Rent(0.5f);

        var completion = queue.ExecuteAsync(run, CancellationToken.None);

        Assert.True(completion.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        Assert.Equal(0.5f, run.Output[0]);
        Assert.Equal([1], sizes.All);
        Assert.Equal((1, 0), (queue.FreeSlots, queue.WaitingCount));
    }

    [Fact]
    public async Task Execute_WhileAllSlotsAreBusy_SharesTheNextRunUpToTheMaximumInOrder()
    {
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        var runs = Enumerable.Range(0, 10).Select(i => _model.Rent(i / 100f)).ToArray();

        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();
        Assert.Equal(10, queue.WaitingCount);
        Assert.All(completions, completion => Assert.False(completion.IsCompleted));
        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([4, 4, 2], sizes.All);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i / 100f), runs.Select(run => run.Output[0]));
        _model.AssertIdle(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_WhileAllSlotsAreBusy_GoesInOrder()
    {
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        var order = new List<int>();
        var completions = Enumerable.Range(0, 5).Select(i =>
            queue.ExecuteAloneAsync(() => order.Add(i), CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([0, 1, 2, 3, 4], order);
    }

    [Fact]
    public async Task Execute_WorkBetweenItems_IsNotJoined()
    {
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        var runs = Enumerable.Range(0, 3).Select(_ => _model.Rent(0.5f)).ToArray();
        Task[] completions =
        [
            queue.ExecuteAsync(runs[0], CancellationToken.None).AsTask(),
            queue.ExecuteAsync(runs[1], CancellationToken.None).AsTask(),
            queue.ExecuteAloneAsync(() => Assert.Equal(0.5f, runs[1].Output[0]), CancellationToken.None).AsTask(),
            queue.ExecuteAsync(runs[2], CancellationToken.None).AsTask(),
        ];

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([2, 1, 1], sizes.All);
        _model.AssertIdle(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_TwoSlotsComeFree_ShareTheWaitingItems()
    {
        var queue = _model.Queue(slots: 2);
        using var first = new HeldSlot(queue);
        using var second = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        var runs = Enumerable.Range(0, 6).Select(i => _model.Rent(i / 100f)).ToArray();
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await Task.WhenAll(first.ReleaseAsync(), second.ReleaseAsync());
        await Task.WhenAll(completions);

        // The scheduler decides how the two slots split the items; none runs alone because of a missing slot.
        Assert.Equal(6, sizes.All.Sum());
        Assert.InRange(sizes.All.Length, 2, 4);
        _model.AssertIdle(queue, runs, slots: 2);
    }

    [Fact]
    public async Task ExecuteTogether_NothingElseRuns_SharesARun()
    {
        var queue = _model.Queue(slots: 1);
        using var sizes = new BatchSizes(_model.Name);
        var runs = Enumerable.Range(0, 6).Select(i => _model.Rent(i / 100f)).ToArray();

        await Task.WhenAll(queue.ExecuteTogetherAsync(runs, CancellationToken.None));

        Assert.Equal([4, 2], sizes.All);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => i / 100f), runs.Select(run => run.Output[0]));
        _model.AssertIdle(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_ModelThatCannotBatch_RunsOneByOne()
    {
        using var alone = SmallClassifier.Open(SmallModels.Mixing());
        var queue = new RunQueue(alone, 1, _model.Name, "1");
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        var runs = Enumerable.Range(0, 3).Select(_ => alone.Rent()).ToArray();
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([1, 1, 1], sizes.All);
        Array.ForEach(runs, run => run.Dispose());
    }

    [Fact]
    public async Task Execute_ShippedModel_GivesTheSameScoresTogetherAsAlone()
    {
        using var model = Inference.Models.ClassifierModel.Load(
            Repository.PathOf("models/mnist/1"), "mnist", "1", new Inference.Models.ModelSettings());
        var random = new Random(7);
        var runs = Enumerable.Range(0, 16).Select(_ => model.Classifier.Rent()).ToArray();
        foreach (var run in runs)
        {
            for (var i = 0; i < run.Input.Length; i++)
            {
                run.Input[i] = random.NextSingle();
            }

            run.Execute();
        }

        var alone = runs.Select(run => run.Output.ToArray()).ToArray();
        Array.ForEach(runs, run => run.Output.Clear());

        await Task.WhenAll(model.Queue.ExecuteTogetherAsync(runs, CancellationToken.None));

        for (var i = 0; i < runs.Length; i++)
        {
            Assert.Equal(
                alone[i], runs[i].Output.ToArray(),
                (one, other) => Math.Abs(one - other) <= 1e-5f * Math.Max(1f, Math.Abs(one)));
        }

        Array.ForEach(runs, run => run.Dispose());
    }

    public void Dispose() => _model.Dispose();
}
