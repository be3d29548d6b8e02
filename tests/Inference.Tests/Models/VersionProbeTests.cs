using System.Security.Cryptography;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>What a repository asks of its probe, and what a probe is told.</summary>
public sealed class VersionProbeTests : IDisposable
{
    private const string External = "weights.bin";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ModelFolder _folder =
        new ModelFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Three);

    [Fact]
    public void LoadAll_VersionThatItsProbeRejects_IsNeverOpened()
    {
        var opened = new List<string>();
        using var repository = Repository((version, _) =>
            version.Name == "a" ? throw new ModelLoadException("it is a stranger's") : Task.CompletedTask);
        repository.Reading = state => opened.Add(state.Name);

        repository.LoadAll();

        Assert.Equal(["b"], opened);
        Assert.Equal("b", Assert.Single(repository.Current.Models).Name);
        Assert.Equal(
            new ModelLoadFailure("a", "1", "it is a stranger's"), Assert.Single(repository.Current.Failures));

        // Remembered until the files change.
        repository.Scan();
        Assert.False(repository.IsLoadDue);
    }

    [Fact]
    public void LoadAll_ProbeThatFails_RejectsItsVersionOnly()
    {
        using var repository = Repository((version, _) =>
            version.Name == "a" ? throw new IOException("no pipe") : Task.CompletedTask);

        repository.LoadAll();

        Assert.Equal("b", Assert.Single(repository.Current.Models).Name);
        Assert.Equal(
            new ModelLoadFailure("a", "1", "it could not be probed: no pipe"),
            Assert.Single(repository.Current.Failures));
    }

    [Fact]
    public void LoadAll_FilesThatChangeDuringTheirProbe_AreProbedAgainBeforeTheyAreOpened()
    {
        var probes = 0;
        var opened = new List<int>();
        using var repository = Repository((version, _) =>
        {
            if (version.Name == "a" && probes++ == 0)
            {
                Assert.True(version.IsUnchanged);
                _folder.With("a/1", SmallModels.EndingIn("Softmax", "batch", 1, 4, 4));
                Assert.False(version.IsUnchanged);
            }

            return Task.CompletedTask;
        });
        repository.Reading = state =>
        {
            if (state.Name == "a")
            {
                opened.Add(probes);
            }
        };

        repository.LoadAll();

        Assert.Equal([2], opened);
        Assert.Empty(repository.Current.Failures);
    }

    [Fact]
    public async Task Dispose_WhileAProbeRuns_CancelsIt()
    {
        using var running = new SemaphoreSlim(0);
        var repository = Repository(async (_, cancellationToken) =>
        {
            running.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        });
        var load = Task.Run(repository.LoadAll);
        await running.WaitAsync(Patience);

        repository.Dispose();

        await load.WaitAsync(Patience);
        Assert.Empty(repository.Current.Models);
    }

    [Fact]
    public void FindFault_Version_IsWhatItsLoadWouldReport()
    {
        _folder.With("endless/1", SmallModels.Endless()).With("damaged/1", [1, 2, 3]);

        Assert.Null(Find("a", Patience));
        Assert.StartsWith("model.onnx: ", Find("damaged", Patience), StringComparison.Ordinal);
        Assert.Equal("it was not ready to serve within 0.5 s", Find("endless", TimeSpan.FromSeconds(0.5)));

        string? Find(string name, TimeSpan limit) =>
            ProbedVersion.FindFault(Path.Combine(_folder.Path, name, "1"), name, "1", new ModelSettings(), limit);
    }

    [Fact]
    public async Task HashFilesAsync_FilesOfALoad_AllCount()
    {
        var (onnx, weights) = SmallModels.WithExternalData(External);
        _folder.With("c/1", onnx, SmallModels.IsImage);
        Write("c/1/" + External, weights);
        Write("c/1/labels.txt", "a\nb\nc"u8);
        Write("c/1/README.md", "not read"u8);
        Write("c/config.json", "{}"u8);

        var before = (await HashAsync("c"))!; // asserted on next

        Assert.Equal(
            ["0/labels.txt", "1/config.json", $"data/{External}", "model.json", "model/model.onnx"],
            before.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(weights)), before[$"data/{External}"]);

        weights[0] ^= 1;
        Write("c/1/" + External, weights);
        Write("c/1/README.md", "still not read"u8);
        var after = (await HashAsync("c"))!;
        Assert.Equal([$"data/{External}"], before.Keys.Where(name => before[name] != after[name]));
    }

    [Fact]
    public async Task HashFilesAsync_FileThatCannotBeRead_HasNoHash()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "a/1/labels.json"));
        Assert.NotNull(await HashAsync("a")); // a folder is no file

        File.Delete(Path.Combine(_folder.Path, "b/1/model.onnx"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "b/1/model.json"));
        Assert.Null(await HashAsync("b"));
    }

    [Fact]
    public async Task HashFilesAsync_FilesThatTakeLong_DoNotHoldUpOthers()
    {
        // Their zeros take no space, and would take minutes.
        string[] endless = [.. Enumerable.Range(0, Environment.ProcessorCount + 1).Select(i => $"endless{i}")];
        foreach (var name in endless)
        {
            _folder.With($"{name}/1", []);
            using var file = File.OpenWrite(Path.Combine(_folder.Path, name, "1/labels.txt"));
            file.SetLength(1L << 40);
        }

        using var begun = new CountdownEvent(endless.Length);
        var isHashed = false;
        using var repository = Repository(async (version, cancellationToken) =>
        {
            if (endless.Contains(version.Name))
            {
                begun.Signal();
                await version.HashFilesAsync(cancellationToken);
            }
            else if (version.Name == "b")
            {
                await Task.Run(() => begun.Wait(Patience), cancellationToken);
                isHashed = await version.HashFilesAsync(cancellationToken) is not null;
            }
        });
        var load = repository.LoadAllAsync();

        Assert.True(SpinWait.SpinUntil(() => repository.Current.Models.Count == 2, Patience));
        Assert.True(isHashed);
        Assert.Equal(endless.Length, repository.Current.Loading.Count);

        repository.Dispose();
        await load.WaitAsync(Patience);
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string relativePath, ReadOnlySpan<byte> content) =>
        File.WriteAllBytes(Path.Combine(_folder.Path, relativePath), content);

    /// <summary>The hashes that a probe of the version is told.</summary>
    private async Task<IReadOnlyDictionary<string, string>?> HashAsync(string name)
    {
        IReadOnlyDictionary<string, string>? hashes = null;
        using var repository = Repository(async (version, cancellationToken) =>
        {
            if (version.Name == name)
            {
                hashes = await version.HashFilesAsync(cancellationToken);
            }
        });
        await repository.LoadAllAsync();
        return hashes;
    }

    private ModelRepository Repository(VersionProbe probe) => new(
        new RepositorySettings { Folder = _folder.Path, SettleTime = TimeSpan.Zero, Probe = probe });
}
