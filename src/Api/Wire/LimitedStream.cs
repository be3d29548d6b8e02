namespace SoftmaxService.Api.Wire;

/// <summary>Counts what is read, and throws where it passes the limit.</summary>
/// <param name="inner">Is read, and closed with this stream.</param>
/// <param name="limit">The most bytes.</param>
/// <param name="tooLarge">What is thrown beyond the limit.</param>
/// <param name="counted">Is told how many bytes were read, each time.</param>
internal sealed class LimitedStream(
    Stream inner, long limit, Func<Exception> tooLarge, Action<int>? counted = null) : ForwardStream(inner)
{
    private long _read;

    public override int Read(Span<byte> buffer) => Count(Inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await Inner.ReadAsync(buffer, cancellationToken));

    private int Count(int read)
    {
        _read += read;
        if (_read > limit)
        {
            throw tooLarge();
        }

        counted?.Invoke(read);
        return read;
    }
}
