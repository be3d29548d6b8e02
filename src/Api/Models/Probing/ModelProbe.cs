using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SoftmaxService.Api.Processes;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>
/// Has a version that nobody knows loaded in another process first. What is known: the models that ship, and what has
/// passed before.
/// </summary>
internal sealed partial class ModelProbe : IDisposable
{
    private readonly ModelsOptions _options;
    private readonly ModelSettings _settings;
    private readonly ProbeProcess _process;
    private readonly ProbeCache _cache;
    private readonly ProbeMetrics _metrics;
    private readonly IReadOnlyList<ByteBudget> _budgets;
    private readonly ILogger _log;
    private readonly int _places;
    private readonly SemaphoreSlim _free;

    public ModelProbe(
        ModelsOptions options, ModelSettings settings, ChildProgram program, ProbeMetrics metrics,
        IReadOnlyList<ByteBudget> budgets, ILogger log)
    {
        _options = options;
        _settings = settings;
        _process = new ProbeProcess(program);
        _cache = new ProbeCache(
            string.IsNullOrEmpty(options.ProbeCache)
                ? ProbeCache.DefaultFolder()
                : Path.GetFullPath(options.ProbeCache),
            log);
        _metrics = metrics;
        _budgets = budgets;
        _log = log;
        _places = ProbeMemory.PlacesIn(ProbeMemory.Of(budgets), Environment.ProcessorCount);
        _free = new SemaphoreSlim(_places);
    }

    /// <inheritdoc cref="VersionProbe"/>
    public async Task RunAsync(ProbedVersion version, CancellationToken cancellationToken)
    {
        var hashes = await HashFilesAsync(version, cancellationToken);
        var key = hashes is null ? null : KeyOf(hashes);
        if (key is not null && (ShippedModels.Contain(hashes!.Values) || _cache.HasPassed(key)))
        {
            return;
        }

        var outcome = await RunInTurnAsync(version, cancellationToken);
        if (outcome.Result == ProbeResult.NotStarted)
        {
            NotStarted(_log, version.Name, version.Version, outcome.Fault);
        }
        else if (outcome.Fault is { } fault)
        {
            throw new ModelLoadException(fault);
        }
        else if (key is not null && version.IsUnchanged)
        {
            _cache.Add(key);
        }
    }

    public void Dispose() => _free.Dispose();

    /// <summary>
    /// The hashes of the version's files; null if they cannot be had, also in the time of a load: a file may be far
    /// larger than what a load reads of it.
    /// </summary>
    private async Task<IReadOnlyDictionary<string, string>?> HashFilesAsync(
        ProbedVersion version, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(TimeSpan.FromSeconds(_options.LoadSeconds));
        try
        {
            return await version.HashFilesAsync(end.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<ProbeOutcome> RunInTurnAsync(ProbedVersion version, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            var start = Stopwatch.GetTimestamp();
            var request = new ProbeRequest(
                Path.GetFullPath(version.Folder), version.Name, version.Version, _options.LoadSeconds,
                _options.ProbeMaxBytes ?? ProbeMemory.BytesIn(ProbeMemory.Of(_budgets), _places),
                _settings.Onnx.IntraOpThreads, _settings.MaxBatchSize);
            var outcome = await _process.RunAsync(request, cancellationToken);
            var elapsed = Stopwatch.GetElapsedTime(start);
            _metrics.Count(outcome.Result, elapsed);
            if (outcome.Result != ProbeResult.NotStarted)
            {
                Probed(_log, version.Name, version.Version, elapsed.TotalSeconds);
            }

            return outcome;
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>
    /// A hash of everything on which a verdict depends. Of the memory it is what there is for all, since what is
    /// free differs from start to start.
    /// </summary>
    private string KeyOf(IReadOnlyDictionary<string, string> hashes)
    {
        var build = typeof(ModelProbe).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        object[] run =
        [
            RuntimeInformation.ProcessArchitecture, Vector<byte>.Count, _settings.Onnx.IntraOpThreads,
            _settings.MaxBatchSize, _options.LoadSeconds, _options.ProbeMaxBytes ?? ProbeMemory.OfAll(),
        ];
        IEnumerable<string> runtime =
        [
            build?.InformationalVersion ?? "", OnnxModel.RuntimeVersion,
            string.Join(' ', run.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))),
        ];
        var lines = hashes.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Value} {file.Key}");
        return Convert.ToHexStringLower(SHA256.HashData(
            Encoding.UTF8.GetBytes(string.Join('\0', runtime.Concat(lines))))); // no name has a zero
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Model {Name}/{ModelVersion} is loaded without a probe, and ends the service if it makes ONNX Runtime crash: "
        + "the probe's process did not start, {Reason}")]
    private static partial void NotStarted(ILogger log, string name, string modelVersion, string? reason);

    [LoggerMessage(
        LogLevel.Information, "Model {Name}/{ModelVersion} was probed in a process of its own for {Seconds:0.00} s")]
    private static partial void Probed(ILogger log, string name, string modelVersion, double seconds);
}
