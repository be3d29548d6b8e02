using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Api.Hosting;

/// <summary>Finds the model folder and loads what is in it before the first request.</summary>
internal static partial class ModelsSetup
{
    private const string FolderName = "models";

    public static void AddModels(this IServiceCollection services) => services.AddSingleton(provider => ModelRepository.Load(
        FindFolder(provider.GetRequiredService<ModelsOptions>().Folder),
        new ModelSettings
        {
            MaxImagePixels = provider.GetRequiredService<LimitsOptions>().MaxImagePixels,
            MaxBatchSize = provider.GetRequiredService<BatchingOptions>().MaxBatchSize,
            Gate = provider.GetRequiredService<ComputeGate>(),
            Onnx = new OnnxSettings
            {
                IntraOpThreads = provider.GetRequiredService<OnnxOptions>().IntraOpThreads,
                ConcurrentRuns = provider.GetRequiredService<BatchingOptions>().ConcurrentRuns ?? Environment.ProcessorCount,
            },
        },
        provider.GetRequiredService<ModelsOptions>().Default is { Length: > 0 } said ? said : null,
        preferredModel: "mnist"));

    /// <summary>Loads every model now and says in the log what is served and what is not.</summary>
    public static void LoadModels(this WebApplication app)
    {
        var log = app.Logger;
        var models = app.Services.GetRequiredService<ModelRepository>();
        foreach (var model in models.Models)
        {
            Loaded(log, model.Name, model.Version, model.GraphInput.ShapeText, model.ClassCount, model.CalibratedTemperature);
        }

        foreach (var failure in models.Failures)
        {
            NotLoaded(log, failure.Name, failure.Version, failure.Reason);
        }

        if (models.Models.Count == 0)
        {
            NoModels(log, models.Folder);
        }
    }

    /// <summary>The configured folder; else beside the program, above it (a checkout), or in the current folder.</summary>
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

    [LoggerMessage(LogLevel.Information, "Model {Name}/{ModelVersion} is loaded: input {InputShape}, {ClassCount} classes, calibrated temperature {CalibratedTemperature}")]
    private static partial void Loaded(ILogger log, string name, string modelVersion, string inputShape, int classCount, float? calibratedTemperature);

    [LoggerMessage(LogLevel.Error, "Model {Name}/{ModelVersion} is not served: {Reason}")]
    private static partial void NotLoaded(ILogger log, string name, string modelVersion, string reason);

    [LoggerMessage(LogLevel.Error, "No model is served: nothing could be loaded from {Folder}")]
    private static partial void NoModels(ILogger log, string folder);
}
