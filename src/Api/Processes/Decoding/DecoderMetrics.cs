using System.Diagnostics.Metrics;

namespace SoftmaxService.Api.Processes.Decoding;

/// <summary>Why a process that decodes images is no more.</summary>
internal enum DecoderEnd
{
    /// <summary>It was idle, or had decoded much.</summary>
    Replaced,

    /// <summary>Its image's request had ended.</summary>
    Cancelled,

    /// <summary>Its image took more processor time than it may.</summary>
    ProcessorTime,

    /// <summary>It ended by itself, or the kernel ended it because memory was short.</summary>
    Crashed,
}

/// <summary>Counts the processes that decode images.</summary>
internal sealed class DecoderMetrics
{
    private static readonly (DecoderEnd End, string Name)[] Ends =
    [
        (DecoderEnd.Replaced, "replaced"),
        (DecoderEnd.Cancelled, "cancelled"),
        (DecoderEnd.ProcessorTime, "processor_time"),
        (DecoderEnd.Crashed, "crashed"),
    ];

    private readonly long[] _ends = new long[Ends.Length];
    private long _starts;

    public DecoderMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(new MeterOptions("SoftmaxService.Api.Decoders"));
        meter.CreateObservableGauge(
            "softmax.decoders",
            () => Volatile.Read(ref _starts) - Ends.Sum(end => Volatile.Read(ref _ends[(int)end.End])),
            "{process}",
            "Processes that decode images.");
        meter.CreateObservableCounter(
            "softmax.decoders.ended",
            () => Ends.Select(end => new Measurement<long>(
                Volatile.Read(ref _ends[(int)end.End]), new KeyValuePair<string, object?>("reason", end.Name))),
            "{process}",
            "Processes that decoded images and have ended, by the reason.");
    }

    public void CountStart() => Interlocked.Increment(ref _starts);

    public void CountEnd(DecoderEnd end) => Interlocked.Increment(ref _ends[(int)end]);
}
