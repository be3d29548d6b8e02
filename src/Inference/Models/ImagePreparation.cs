using System.Diagnostics;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Turns images into a model's input when their turn has come. An image whose header says that it takes long, or much
/// memory, waits for those of its kind, and never holds up small ones.
/// </summary>
/// <param name="classifier">Whose runs are filled.</param>
/// <param name="preprocessor">Of the model.</param>
/// <param name="gate">Limits how many images are decoded at once.</param>
/// <param name="memory">What decoding may take, all images together.</param>
/// <param name="metrics">Of the model.</param>
internal sealed class ImagePreparation(
    OnnxClassifier classifier,
    ImagePreprocessor preprocessor,
    ComputeGate gate,
    ByteBudget memory,
    ModelMetrics metrics)
{
    // By the header. What takes longer waits for its kind, on threads of its own.
    private const double MaxShortMilliseconds = 5;

    // As many as a picture of one megapixel takes. What is smaller is not worth counting.
    private const long MaxUnreservedBytes = 4_000_000;

    /// <summary>
    /// Decodes an image into a run's own buffers, holding a permit of the gate, and the memory that decoding takes.
    /// </summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="cancellationToken">Ends the wait for a permit and for memory.</param>
    /// <exception cref="InferenceException">
    /// The image cannot be read, or decoding it takes more memory than all images may have.
    /// </exception>
    public ValueTask<OnnxRun> PrepareAsync(ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        var header = preprocessor.ReadHeader(image.Span);
        var bytes = preprocessor.PeakBytesOf(header);
        var takesLong = preprocessor.MillisecondsOf(header) > MaxShortMilliseconds;
        return (takesLong, bytes > MaxUnreservedBytes) switch
        {
            (true, _) => PrepareLongAsync(image, header, bytes, cancellationToken),
            (_, true) => PrepareReservedAsync(image, header, bytes, cancellationToken),
            _ => PrepareShortAsync(image, header, cancellationToken),
        };
    }

    private async ValueTask<OnnxRun> PrepareShortAsync(
        ReadOnlyMemory<byte> image, ImageHeader header, CancellationToken cancellationToken)
    {
        var entering = gate.EnterAsync(cancellationToken);
        if (entering.IsCompletedSuccessfully)
        {
            using var atOnce = entering.Result;
            return Prepare(image.Span, header, cancellationToken);
        }

        var start = Stopwatch.GetTimestamp();
        using var permit = await entering;
        metrics.CountGate(start);
        return Prepare(image.Span, header, cancellationToken);
    }

    /// <summary>The memory comes before the permit, which small images need meanwhile.</summary>
    private async ValueTask<OnnxRun> PrepareReservedAsync(
        ReadOnlyMemory<byte> image, ImageHeader header, long bytes, CancellationToken cancellationToken)
    {
        using var reservation = await ReserveAsync(bytes, cancellationToken);
        return await PrepareShortAsync(image, header, cancellationToken);
    }

    /// <summary>The permit comes before the memory, which others can use meanwhile.</summary>
    private async ValueTask<OnnxRun> PrepareLongAsync(
        ReadOnlyMemory<byte> image, ImageHeader header, long bytes, CancellationToken cancellationToken)
    {
        using var permit = await EnterLongAsync(cancellationToken);
        using var reservation = await ReserveAsync(bytes, cancellationToken);
        return await OwnThread.RunAsync(() => Prepare(image.Span, header, cancellationToken));
    }

    private async ValueTask<ComputeGate.Permit> EnterLongAsync(CancellationToken cancellationToken)
    {
        var entering = gate.EnterLongAsync(cancellationToken);
        if (entering.IsCompletedSuccessfully)
        {
            return entering.Result;
        }

        var start = Stopwatch.GetTimestamp();
        var permit = await entering;
        metrics.CountLongGate(start);
        return permit;
    }

    private async ValueTask<ByteBudget.Reservation> ReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes > memory.Total)
        {
            memory.CountRejection();
            throw ImageRejection.TooLarge(
                $"Decoding the image takes up to {ToMegabytes(bytes)} MB, and {ToMegabytes(memory.Total)} MB "
                + "are there for all images together (setting Load:MaxDecodeBytes). Send it scaled down, or without "
                + "interlacing.");
        }

        var reserving = memory.ReserveAsync(bytes, cancellationToken);
        if (reserving.IsCompletedSuccessfully)
        {
            return reserving.Result;
        }

        var start = Stopwatch.GetTimestamp();
        var reservation = await reserving;
        metrics.CountMemory(start);
        return reservation;
    }

    private static long ToMegabytes(long bytes) => (bytes + 999_999) / 1_000_000;

    /// <summary>Decodes an image into a run's own buffers.</summary>
    /// <param name="image">An encoded image.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    public OnnxRun Prepare(ReadOnlySpan<byte> image) =>
        Prepare(image, preprocessor.ReadHeader(image), CancellationToken.None);

    private OnnxRun Prepare(ReadOnlySpan<byte> image, in ImageHeader header, CancellationToken cancellationToken)
    {
        using var span = Telemetry.Spans.StartActivity("decode");
        var start = Stopwatch.GetTimestamp();
        var run = classifier.Rent();
        try
        {
            preprocessor.Preprocess(image, header, run.Input, cancellationToken);
            run.StoreInput();
            metrics.CountDecoding(start);
            return run;
        }
        catch
        {
            span?.SetStatus(ActivityStatusCode.Error);
            run.Dispose();
            throw;
        }
    }
}
