using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Models;

/// <summary>
/// Makes the server wait for the models, though not for long, and then keeps what is served up to date with their
/// folder for as long as the service runs.
/// </summary>
internal sealed partial class ModelsFollower(
    RepositoryWatcher watcher, ModelRepository models, ModelsOptions options, ILogger<ModelsFollower> log)
    : BackgroundService
{
    /// <summary>The first load of all models, which runs while the service is being built.</summary>
    public Task FirstLoad { get; set; } = Task.CompletedTask;

    /// <summary>
    /// The server starts to listen after this. Usually no request then finds a model still loading; one that takes long
    /// does not keep the others from serving.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FirstLoad.WaitAsync(TimeSpan.FromSeconds(options.StartSeconds), cancellationToken);
        }
        catch (TimeoutException)
        {
            StillLoading(
                log, options.StartSeconds,
                string.Join(", ", models.Current.Loading.Select(version => $"{version.Name}/{version.Version}")));
            _ = ReportFaultAsync();
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Watch)
        {
            return;
        }

        watcher.EventsLost += reason => EventsLost(log, options.PollSeconds, reason);
        watcher.Faulted += fault => Faulted(log, fault);
        await watcher.RunAsync(stoppingToken);
    }

    private async Task ReportFaultAsync()
    {
        try
        {
            await FirstLoad;
        }
        catch (Exception fault)
        {
            Faulted(log, fault);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The service listens after {StartSeconds} s, though some models are not loaded yet: {Loading}")]
    private static partial void StillLoading(ILogger log, double startSeconds, string loading);

    [LoggerMessage(
        LogLevel.Warning,
        "The file system reports no changes of the model folder; it is polled every {PollSeconds} s: {Reason}")]
    private static partial void EventsLost(ILogger log, double pollSeconds, string reason);

    [LoggerMessage(LogLevel.Error, "An unexpected fault while following the model folder")]
    private static partial void Faulted(ILogger log, Exception fault);
}
