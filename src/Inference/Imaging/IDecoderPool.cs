using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Processes that run <see cref="IsolatedDecoding.Serve"/>, one image at a time each: a file that ends a decoder then
/// costs its own request, and no other.
/// </summary>
public interface IDecoderPool
{
    /// <summary>Lends a process that has nothing else to do, and starts one if there is none.</summary>
    /// <param name="cancellationToken">Ends the process shortly after.</param>
    /// <exception cref="InferenceException">A process cannot be started now.</exception>
    IDecoderLease Rent(CancellationToken cancellationToken);
}

/// <summary>
/// A lent process. Disposing the lease gives it back, or ends it if its image was not <see cref="Complete">completed
/// </see>.
/// </summary>
public interface IDecoderLease : IDisposable
{
    /// <summary>What the process reads; flush it.</summary>
    Stream Requests { get; }

    /// <summary>What the process writes.</summary>
    Stream Answers { get; }

    /// <summary>The answer was read to its end.</summary>
    void Complete();

    /// <summary>Ends the process, unless it has ended.</summary>
    /// <returns>What made it end, such as <c>signal SIGSEGV</c>.</returns>
    string DescribeEnd();
}
