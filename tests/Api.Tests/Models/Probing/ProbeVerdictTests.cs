using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SoftmaxService.Api.Models.Probing;
using SoftmaxService.Api.Processes;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Models.Probing;

/// <summary>
/// For what a verdict counts, in a repository whose probes are shells: each notes that it ran and lets the model pass.
/// </summary>
public sealed class ProbeVerdictTests : IDisposable
{
    private const string External = "weights.bin";

    private readonly ModelFolder _folder = new();
    private readonly TemporaryFolder _cache = new();
    private readonly TemporaryFolder _runs = new();
    private readonly byte[] _weights;

    public ProbeVerdictTests()
    {
        (var onnx, _weights) = SmallModels.WithExternalData(External);
        _folder.With("a/1", onnx, SmallModels.IsImage);
        Write(External, _weights);
    }

    [LinuxFact]
    public void AVerdictCountsForTheSameFilesLimitsAndRuns()
    {
        var options = new ModelsOptions { LoadSeconds = 30 };
        var model = new ModelSettings();
        Assert.Equal(1, Probes(options, model));
        Assert.Equal(0, Probes(options, model));

        Assert.Equal(1, Probes(new ModelsOptions { LoadSeconds = 29 }, model));
        Assert.Equal(1, Probes(new ModelsOptions { LoadSeconds = 30, ProbeMaxBytes = 1 << 30 }, model));
        Assert.Equal(1, Probes(options, model with { MaxBatchSize = 2 }));
        Assert.Equal(1, Probes(options, model with { Onnx = new OnnxSettings { IntraOpThreads = 2 } }));
        Assert.Equal(0, Probes(options, model));

        // The size stays the same.
        _weights[0] ^= 1;
        Write(External, _weights);
        Assert.Equal(1, Probes(options, model));

        Write("labels.txt", "a\nb\nc"u8);
        Assert.Equal(1, Probes(options, model));
        Assert.Equal(0, Probes(options, model));
    }

    [LinuxFact]
    public void FilesThatTakeTooLongToHashAreProbedAnew()
    {
        // Only its beginning is needed when the model is loaded.
        using (var weights = File.OpenWrite(Path.Combine(_folder.Path, "a/1", External)))
        {
            weights.SetLength(1L << 40);
        }

        var options = new ModelsOptions { LoadSeconds = 3 };
        var clock = Stopwatch.StartNew();

        Assert.Equal(1, Probes(options, new ModelSettings(), "it is too large"));
        Assert.Equal(1, Probes(options, new ModelSettings(), "it is too large"));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
        _runs.Dispose();
    }

    private void Write(string name, ReadOnlySpan<byte> content) =>
        File.WriteAllBytes(Path.Combine(_folder.Path, "a/1", name), content);

    /// <summary>How many probes a start with these settings and the cache of those before has.</summary>
    private int Probes(ModelsOptions options, ModelSettings model, string? fault = null)
    {
        options.ProbeCache = _cache.Path;
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var script = $$"""
            echo x >> {{_runs.PathOf("runs")}}
            echo '{"Kind":"Begun"}'
            echo '{{JsonSerializer.Serialize(new { Kind = "Judged", Fault = fault })}}'
            """;
        using var probe = new ModelProbe(
            options, model, new ChildProgram("/bin/sh", ["-c", script]),
            new ProbeMetrics(services.GetRequiredService<IMeterFactory>()), [], NullLogger.Instance);
        using var repository = new ModelRepository(
            new RepositorySettings { Folder = _folder.Path, Model = model, Probe = probe.RunAsync });
        var before = Count();
        repository.LoadAll();

        Assert.Equal(fault, repository.Current.Failures.SingleOrDefault()?.Reason);
        return Count() - before;

        int Count() => File.Exists(_runs.PathOf("runs")) ? File.ReadAllLines(_runs.PathOf("runs")).Length : 0;
    }
}
