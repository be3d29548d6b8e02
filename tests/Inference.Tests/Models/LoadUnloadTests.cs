using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class LoadUnloadTests
{
    [Fact]
    public async Task Unload_Model_IsUnlistedUntilItIsLoadedByName()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Three);
        var unloaded = live.Current.Find("a", "1");
        live.Repository.Unload("a");
        live.Repository.Unload("a");

        Assert.Equal(["b/1:3"], live.Served);
        Assert.True(LiveFolder.IsFreed(unloaded));
        Assert.Equal(ModelChangeKind.Unloaded, Assert.Single(live.Changes).Kind);
        Assert.Equal(
            new ModelIndexEntry("a", "1", ModelState.Unavailable, "it was unloaded on request"),
            live.Repository.Index()[0]);

        live.With("a/1", LiveFolder.Four).With("a/2", LiveFolder.Garbage);
        live.Follow();
        Assert.Equal(["b/1:3"], live.Served);
        Assert.Empty(live.Current.Failures);

        Directory.Delete(live.At("a/2"), recursive: true);
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        await live.Repository.LoadAsync("a", CancellationToken.None);
        Assert.Equal(["a/1:4", "b/1:3"], live.Served);
        live.With("a/1", LiveFolder.Three);
        live.Follow();
        Assert.Equal(["a/1:3", "b/1:3"], live.Served);
    }

    [Fact]
    public async Task Load_NewModel_IsServedAtOnce()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        live.With("b/1", LiveFolder.Four);
        await live.Repository.LoadAsync("b", CancellationToken.None);

        Assert.Equal(["a/1:3", "b/1:4"], live.Served);
    }

    [Fact]
    public async Task Load_LoadedModel_IsReloaded()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Three);
        var before = live.Current.Models;
        await live.Repository.LoadAsync("a", CancellationToken.None);

        Assert.NotSame(before[0], live.Current.Models[0]);
        Assert.Same(before[1], live.Current.Models[1]);
        Assert.True(LiveFolder.IsFreed(before[0]));
    }

    [Fact]
    public async Task Load_ModelThatIsBroken_SaysWhyAndKeepsTheOldServing()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Three);
        _ = live.Current;
        live.With("a/2", LiveFolder.Garbage);
        var fault = await Assert.ThrowsAsync<ModelLoadException>(() =>
            live.Repository.LoadAsync("a", CancellationToken.None));

        Assert.StartsWith(
            "version 2: model.onnx: ONNX Runtime cannot load it", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["a/1:3", "a/2:3"], live.Served);
    }

    [Fact]
    public async Task Load_ModelWithoutVersions_SaysWhereOneBelongs()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        Directory.CreateDirectory(live.At("b"));

        Assert.Contains(
            "b/1/model.onnx",
            (await Assert.ThrowsAsync<ModelLoadException>(() =>
                live.Repository.LoadAsync("b", CancellationToken.None))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/1")]
    [InlineData("a/../a")]
    [InlineData("..\\a")]
    [InlineData(".hidden")]
    [InlineData("/etc")]
    [InlineData("a\0")]
    [InlineData("nobody")]
    public async Task Load_NameThatIsNotAFolderOfTheRepository_IsNotFound(string name)
    {
        using var live = new LiveFolder().With("inside/a/1", LiveFolder.Three).With("a/1", LiveFolder.Three).With(
            "inside/.hidden/1", LiveFolder.Three);
        using var repository = new ModelRepository(new RepositorySettings { Folder = live.At("inside") });
        repository.LoadAll();

        Assert.Equal(
            InferenceError.ModelNotFound,
            (await Assert.ThrowsAsync<InferenceException>(() =>
                repository.LoadAsync(name, CancellationToken.None))).Error);
        Assert.Equal(
            InferenceError.ModelNotFound, Assert.Throws<InferenceException>(() => repository.Unload(name)).Error);
        Assert.Single(repository.Current.Models);
    }

    [Fact]
    public async Task Load_WhileAnotherLoadRuns_WaitsForItsTurnAndMayBeCancelled()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        live.With("b/1", LiveFolder.Three);
        var slow = new SlowLoad(live.Repository, "b");
        var first = live.Repository.LoadAsync("b", CancellationToken.None);
        Task? second = null;
        slow.WhileItRuns(() =>
        {
            using var cancellation = new CancellationTokenSource();
            var third = live.Repository.LoadAsync("a", cancellation.Token);
            second = live.Repository.LoadAsync("a", CancellationToken.None);
            cancellation.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => third.GetAwaiter().GetResult());
            Assert.False(second.IsCompleted);
        });
        await first;
        await second!;

        Assert.Equal(["b", "a"], live.Changes.Select(change => change.Name));
    }

    [Fact]
    public void Index_EveryState_HasItsReason()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With(
            "b/1", LiveFolder.Garbage).With("c/1", LiveFolder.Three)
            .With("d/latest", LiveFolder.Three);
        _ = live.Current;
        live.With("c/2", LiveFolder.Three);
        live.Repository.Scan();

        var index = live.Repository.Index();

        Assert.Equal(
            ["a/1 Ready", "b/1 Unavailable", "c/1 Ready", "c/2 Loading", "d/latest Unavailable"],
            index.Select(entry => $"{entry.Name}/{entry.Version} {entry.State}"));
        Assert.Equal(
            ["", "model.onnx: ", "", "", "a version's f"],
            index.Select(entry => entry.Reason[..Math.Min(entry.Reason.Length, entry.Name == "b" ? 12 : 13)]));
    }

    [Fact]
    public void Metrics_LoadsFailuresAndUnloads_AreCounted()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        var totals = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ModelRepository.MeterName
                && ReferenceEquals(instrument.Meter.Scope, live.Repository))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            totals[instrument.Name] = totals.GetValueOrDefault(instrument.Name) + value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => totals[instrument.Name] = value);
        listener.Start();

        using var lease = live.Repository.Acquire("a", null);
        live.With("a/1", LiveFolder.Four).With("b/1", LiveFolder.Three);
        live.Follow();
        live.With("a/1", LiveFolder.Garbage);
        live.Follow();
        Directory.Delete(live.At("b"), recursive: true);
        live.Follow();
        listener.RecordObservableInstruments();

        Assert.Equal(2, totals["softmax.models.loads"]);
        Assert.Equal(1, totals["softmax.models.reloads"]);
        Assert.Equal(1, totals["softmax.models.failed_loads"]);
        Assert.Equal(1, totals["softmax.models.unloads"]);
        Assert.Equal(1, totals["softmax.models.served"]);
        Assert.Equal(1, totals["softmax.models.failing"]);
        Assert.Equal(2, totals["softmax.models.loaded"]);
    }
}
