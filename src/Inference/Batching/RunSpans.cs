using System.Diagnostics;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// The spans of requests that have waited. They are told afterwards, where the request goes on and its own span is the current one: the run
/// itself took place on another thread, for several requests at once. Those requests are linked through the span of their batch.
/// </summary>
internal static class RunSpans
{
    private const string BatchSize = "softmax.batch.size";

    /// <summary>The span of a run at once, on its caller's thread.</summary>
    public static Activity? StartRun() => Telemetry.Spans.StartActivity("run")?.SetTag(BatchSize, 1);

    /// <summary>Tells of a run that several requests shared: a trace of its own, linked to each of theirs.</summary>
    public static void TellBatch(RunRequest[] batch, long begun, bool hasFailed)
    {
        if (!Telemetry.Spans.HasListeners())
        {
            return;
        }

        var current = Activity.Current;
        Activity.Current = null; // a batch is no part of the request on whose thread it runs
        var links = batch.Where(request => request.Caller != default).Select(request => new ActivityLink(request.Caller));
        using (var span = Telemetry.Spans.StartActivity("batch", ActivityKind.Internal, parentContext: default, tags: null, links, DateTime.UtcNow - Stopwatch.GetElapsedTime(begun)))
        {
            span?.SetTag(BatchSize, batch.Length);
            span?.SetStatus(hasFailed ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
            foreach (var request in batch)
            {
                request.Batch = span?.Context ?? default;
            }
        }

        Activity.Current = current;
    }

    /// <summary>Tells how long a request waited and ran.</summary>
    public static void Tell(RunRequest request)
    {
        if (!Telemetry.Spans.HasListeners())
        {
            return;
        }

        var hasRun = request.BegunAt != 0;
        var now = (Clock: DateTime.UtcNow, Ticks: Stopwatch.GetTimestamp());
        Tell("queue", request.EnqueuedAt, hasRun ? request.BegunAt : now.Ticks, [], now)?.Dispose();
        if (hasRun)
        {
            using var run = Tell("run", request.BegunAt, request.EndedAt, request.Batch == default ? [] : [new ActivityLink(request.Batch)], now);
            run?.SetTag(BatchSize, request.BatchSize);
            if (!request.Task.IsCompletedSuccessfully)
            {
                run?.SetStatus(ActivityStatusCode.Error);
            }
        }
    }

    private static Activity? Tell(string name, long start, long end, ActivityLink[] links, (DateTime Clock, long Ticks) now) =>
        Telemetry.Spans.StartActivity(name, ActivityKind.Internal, Activity.Current?.Context ?? default, tags: null, links, now.Clock - Stopwatch.GetElapsedTime(start, now.Ticks))
            ?.SetEndTime(now.Clock - Stopwatch.GetElapsedTime(end, now.Ticks));
}
