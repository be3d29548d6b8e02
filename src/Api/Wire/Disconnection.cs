namespace SoftmaxService.Api.Wire;

/// <summary>Tells a connection that has ended from other faults of reading a body.</summary>
internal static class Disconnection
{
    /// <summary>
    /// Whether reading a body failed because the client has left or the service has closed the connection. Kestrel has
    /// an exception for each protocol and reason, and cancels the request's token only later.
    /// </summary>
    public static bool HasEnded(Exception fault) => fault switch
    {
        BadHttpRequestException or IOException { InnerException: OverflowException } => false, // malformed
        IOException or OperationCanceledException => true,
        _ => false,
    };
}
