using System.Globalization;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.Models.Probing;
using SoftmaxService.Api.Processes;
using SoftmaxService.Api.Processes.Decoding;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Models;

/// <summary>Finds the model folder, loads what is in it, and follows its changes.</summary>
internal static partial class ModelsSetup
{
    private const string FolderName = "models";

    public static void AddModels(this IServiceCollection services)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(ModelSettingsFrom);
        services.AddSingleton<ProbeMetrics>();
        services.AddSingleton(ProbeFrom);
        services.AddSingleton(provider => new ModelRepository(
            SettingsFrom(provider, provider.GetRequiredService<ModelsOptions>()),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(
            provider => new RepositoryWatcher(
                provider.GetRequiredService<ModelRepository>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ModelsFollower>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelsFollower>());
    }

    /// <summary>
    /// Begins to load every model, and from now on logs what is served and what is not. The server waits for the load,
    /// up to <c>Models:StartSeconds</c>.
    /// </summary>
    public static void LoadModels(this WebApplication app)
    {
        // A wrong setting ends the start here: a process that exits while native code is loaded may crash.
        app.Services.GetService<IStartupValidator>()?.Validate();
        ServiceAddress.Check(app.Configuration);

        var log = app.Logger;
        var models = app.Services.GetRequiredService<ModelRepository>();
        models.Changed += change => Log(log, change);
        app.Services.GetRequiredService<ModelsFollower>().FirstLoad = Task.Run(async () =>
        {
            Computing(log, Softmax.VectorBits, OnnxModel.RuntimeVersion);
            await models.LoadAllAsync();
            if (models.Current.Models.Count == 0)
            {
                NoModels(log, models.Settings.Folder);
            }
        });
    }

    private static ModelSettings ModelSettingsFrom(IServiceProvider provider)
    {
        var batching = provider.GetRequiredService<BatchingOptions>();
        var load = provider.GetRequiredService<LoadOptions>();
        var defaults = new ModelSettings();
        return new ModelSettings
        {
            MaxImagePixels = provider.GetRequiredService<LimitsOptions>().MaxImagePixels,
            MaxBatchSize = batching.MaxBatchSize,
            MaxPendingItems = load.MaxPendingPerModel ?? defaults.MaxPendingItems,
            Gate = provider.GetRequiredService<ComputeGate>(),
            DecodeMemory = load.MaxDecodeBytes is { } bytes ? new ByteBudget(bytes) : defaults.DecodeMemory,
            Decoders = provider.GetDecoders(),
            Onnx = new OnnxSettings
            {
                IntraOpThreads = provider.GetRequiredService<OnnxOptions>().IntraOpThreads,
                ConcurrentRuns = batching.ConcurrentRuns,
            },
        };
    }

    private static RepositorySettings SettingsFrom(IServiceProvider provider, ModelsOptions models)
    {
        var settings = SettingsFrom(models, provider.GetRequiredService<ModelSettings>());
        if (!models.Probe)
        {
            return settings;
        }

        if (ChildProgram.Find() is null)
        {
            NoProbe(provider.GetRequiredService<ILogger<ModelProbe>>());
            return settings;
        }

        return settings with { Probe = provider.GetRequiredService<ModelProbe>().RunAsync };
    }

    private static ModelProbe ProbeFrom(IServiceProvider provider)
    {
        var settings = provider.GetRequiredService<ModelSettings>();
        return new ModelProbe(
            provider.GetRequiredService<ModelsOptions>(),
            settings,
            ChildProgram.Find() ?? throw new InvalidOperationException("This program cannot start itself once more."),
            provider.GetRequiredService<ProbeMetrics>(),
            [.. provider.GetServices<ByteBudget>(), settings.DecodeMemory],
            provider.GetRequiredService<ILogger<ModelProbe>>());
    }

    private static RepositorySettings SettingsFrom(ModelsOptions models, ModelSettings model) => new()
    {
        Folder = FindFolder(models.Folder),
        Model = model,
        DefaultModel = models.Default is { Length: > 0 } name ? name : null,
        PreferredModel = "mnist",
        Versions = models.Versions.ToDictionary(
            entry => entry.Key, entry => VersionPolicy.Parse(entry.Value), StringComparer.OrdinalIgnoreCase),
        SettleTime = TimeSpan.FromSeconds(models.SettleSeconds),
        PollInterval = TimeSpan.FromSeconds(models.PollSeconds),
        LoadTime = TimeSpan.FromSeconds(models.LoadSeconds),
    };

    private static void Log(ILogger log, ModelChange change)
    {
        switch (change)
        {
            case { Model: { } model }:
                Loaded(
                    log,
                    model.Name,
                    model.Version,
                    model.GraphInput.ShapeText,
                    model.ClassCount,
                    model.CalibratedTemperature is { } calibrated
                        ? string.Create(CultureInfo.InvariantCulture, $"calibrated temperature {calibrated}")
                        : "not calibrated");
                foreach (var warning in model.Warnings)
                {
                    Doubtful(log, model.Name, model.Version, warning);
                }

                break;

            case { Kind: ModelChangeKind.Failed, Name: "" }:
                FolderNotRead(log, change.Reason);
                break;

            case { Kind: ModelChangeKind.Failed }:
                NotLoaded(log, change.Name, change.Version, change.Reason);
                break;

            case { Kind: ModelChangeKind.RunsFailing }:
                RunsFailing(log, change.Name, change.Version, change.Reason);
                break;

            default:
                Unloaded(log, change.Name, change.Version, change.Reason);
                break;
        }
    }

    /// <summary>
    /// The configured folder; else beside the program, above it (a checkout), or in the current folder.
    /// </summary>
    private static string FindFolder(string? configured)
    {
        if (!string.IsNullOrEmpty(configured))
        {
            return Path.GetFullPath(configured);
        }

        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            var candidate = Path.Combine(above.FullName, FolderName);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return Path.GetFullPath(FolderName);
    }

    [LoggerMessage(
        LogLevel.Information,
        "Softmax computes with {VectorBits}-bit vectors; models run in ONNX Runtime {OnnxRuntimeVersion}")]
    private static partial void Computing(ILogger log, int vectorBits, string onnxRuntimeVersion);

    [LoggerMessage(
        LogLevel.Information,
        "Model {Name}/{ModelVersion} is loaded: input {InputShape}, {ClassCount} classes, "
        + "{Calibration}")]
    private static partial void Loaded(
        ILogger log, string name, string modelVersion, string inputShape, int classCount, string calibration);

    [LoggerMessage(
        LogLevel.Warning,
        "Models are loaded without a probe, so one that makes ONNX Runtime crash ends the service: another program "
        + "hosts it, and has no probe. Models:Probe=false says that this is meant")]
    private static partial void NoProbe(ILogger log);

    [LoggerMessage(LogLevel.Warning, "Model {Name}/{ModelVersion}: {Warning}")]
    private static partial void Doubtful(ILogger log, string name, string modelVersion, string warning);

    [LoggerMessage(LogLevel.Error, "Model {Name}/{ModelVersion} could not be loaded: {Reason}")]
    private static partial void NotLoaded(ILogger log, string name, string modelVersion, string? reason);

    [LoggerMessage(LogLevel.Error, "No model could be loaded: {Reason}")]
    private static partial void FolderNotRead(ILogger log, string? reason);

    [LoggerMessage(LogLevel.Error, "Model {Name}/{ModelVersion} is failing: {Reason}")]
    private static partial void RunsFailing(ILogger log, string name, string modelVersion, string? reason);

    [LoggerMessage(LogLevel.Information, "Model {Name}/{ModelVersion} is no longer served: {Reason}")]
    private static partial void Unloaded(ILogger log, string name, string modelVersion, string? reason);

    [LoggerMessage(LogLevel.Error, "No model is served: nothing could be loaded from {Folder}")]
    private static partial void NoModels(ILogger log, string folder);
}
