using System.Diagnostics;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// The spans of requests that have waited. They are reported afterwards, where the request continues and its own span
/// is current: the run itself took place on another thread, for several requests at once. The span of the batch links
/// these requests.
/// </summary>
internal static class RunSpans
{
    private const string BatchSize = "softmax.batch.size";

    /// <summary>Starts the span of a run that did not wait, on its caller's thread.</summary>
    public static Activity? StartRun() => Telemetry.Spans.StartActivity("run")?.SetTag(BatchSize, 1);

    /// <summary>Reports a run that several requests shared: a trace of its own, linked to each of theirs.</summary>
    public static void ReportBatch(RunRequest[] batch, long begun, bool hasFailed)
    {
        if (!Telemetry.Spans.HasListeners())
        {
            return;
        }

        var current = Activity.Current;
        Activity.Current = null; // a batch does not belong to the request on whose thread it runs
        var links = batch.Where(request => request.Caller != default)
            .Select(request => new ActivityLink(request.Caller));
        var start = DateTime.UtcNow - Stopwatch.GetElapsedTime(begun);
        using (var span = Telemetry.Spans.StartActivity(
            "batch", ActivityKind.Internal, parentContext: default, tags: null, links, start))
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

    /// <summary>Reports how long a request waited and ran.</summary>
    public static void Report(RunRequest request)
    {
        if (!Telemetry.Spans.HasListeners())
        {
            return;
        }

        var hasRun = request.BegunAt != 0;
        var now = new Now(DateTime.UtcNow, Stopwatch.GetTimestamp());
        Start("queue", request.EnqueuedAt, hasRun ? request.BegunAt : now.Ticks, [], now)?.Dispose();
        if (hasRun)
        {
            ActivityLink[] links = request.Batch == default ? [] : [new ActivityLink(request.Batch)];
            using var run = Start("run", request.BegunAt, request.EndedAt, links, now);
            run?.SetTag(BatchSize, request.BatchSize);
            if (!request.Task.IsCompletedSuccessfully)
            {
                run?.SetStatus(ActivityStatusCode.Error);
            }
        }
    }

    private static Activity? Start(string name, long start, long end, ActivityLink[] links, Now now) =>
        Telemetry.Spans.StartActivity(
            name, ActivityKind.Internal, Activity.Current?.Context ?? default, tags: null, links, now.ClockAt(start))
            ?.SetEndTime(now.ClockAt(end));

    /// <summary>The same moment on the clock and on <see cref="Stopwatch"/>.</summary>
    private readonly record struct Now(DateTime Clock, long Ticks)
    {
        public DateTime ClockAt(long ticks) => Clock - Stopwatch.GetElapsedTime(ticks, Ticks);
    }
}
