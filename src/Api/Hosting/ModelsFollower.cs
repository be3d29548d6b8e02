using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Hosting;

/// <summary>Keeps what is served up to date with the model folder for as long as the service runs.</summary>
internal sealed partial class ModelsFollower(RepositoryWatcher watcher, ModelsOptions options, ILogger<ModelsFollower> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Watch)
            return;

        watcher.EventsLost += reason => EventsLost(log, options.PollSeconds, reason);
        watcher.Faulted += fault => Faulted(log, fault);
        await watcher.RunAsync(stoppingToken);
    }

    [LoggerMessage(LogLevel.Warning, "The file system tells of no changes in the model folder; they are noticed by looking every {PollSeconds} s: {Reason}")]
    private static partial void EventsLost(ILogger log, double pollSeconds, string reason);

    [LoggerMessage(LogLevel.Error, "An unexpected fault while following the model folder")]
    private static partial void Faulted(ILogger log, Exception fault);
}
