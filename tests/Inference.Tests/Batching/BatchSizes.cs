using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Inference.Tests.Batching;

/// <summary>
/// The batch sizes that the meter reports for one model, in order. A run is reported on its thread before it starts.
/// </summary>
internal sealed class BatchSizes : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<int> _sizes = new();
    private int _retries;

    public BatchSizes(string model, Action<int>? onRun = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Telemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, size, tags, _) =>
        {
            if (instrument.Name == "softmax.batch.size" && Concerns(tags, model))
            {
                _sizes.Enqueue(size);
                onRun?.Invoke(size);
            }
        });
        _listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
        {
            if (instrument.Name == "softmax.batch.retries" && Concerns(tags, model))
            {
                Interlocked.Add(ref _retries, (int)count);
            }
        });
        _listener.Start();
    }

    public int[] All => [.. _sizes];

    public int Retries => Volatile.Read(ref _retries);

    public void Dispose() => _listener.Dispose();

    private static bool Concerns(ReadOnlySpan<KeyValuePair<string, object?>> tags, string model)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "model" && model.Equals(tag.Value))
            {
                return true;
            }
        }

        return false;
    }
}
