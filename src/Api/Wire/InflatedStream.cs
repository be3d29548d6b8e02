using System.IO.Compression;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// What a compressed body or message inflates to. Data that is damaged, cut short or followed by something else is
/// rejected. .NET reports what is cut short because <c>System.IO.Compression.UseStrictValidation</c> is switched on in
/// the project.
/// </summary>
internal sealed class InflatedStream : ForwardStream
{
    private readonly CompressedInput _input;
    private readonly string _what;
    private readonly Func<string, Exception> _reject;

    private InflatedStream(Stream inflating, CompressedInput input, string what, Func<string, Exception> reject)
        : base(inflating) => (_input, _what, _reject) = (input, what, reject);

    /// <summary>Reads compressed data.</summary>
    /// <param name="compressed">Is read, and closed with the stream.</param>
    /// <param name="inflate">What inflates it.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <param name="reject">Makes the exception of a message that says what is wrong.</param>
    public static InflatedStream Read(
        Stream compressed, Func<Stream, Stream> inflate, string what, Func<string, Exception> reject)
    {
        var input = new CompressedInput(compressed);
        return new InflatedStream(inflate(input), input, what, reject);
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Check(Inner.Read(buffer));
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Check(await Inner.ReadAsync(buffer, cancellationToken));
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    private int Check(int read)
    {
        // After its end, gzip may go on with another member.
        var isWhole = Inner is GZipStream ? _input.IsEndRead : _input.IsLastByteRead;
        return read > 0 || isWhole ? read : throw _reject($"{_what} has other bytes after its end.");
    }

    private Exception Damaged() => _reject(
        _input.IsEndRead
            ? $"{_what} is cut short, or damaged near its end: the end of the data is missing."
            : $"{_what} is damaged or in another format.");
}
