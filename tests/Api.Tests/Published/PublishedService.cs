namespace SoftmaxService.Api.Tests.Published;

/// <summary>
/// The published binary in a separate process with its models, tested like the service in this process.
/// </summary>
public sealed class PublishedService : RunningService
{
    private readonly Lazy<ServiceProcess> _process = new(() =>
        ServiceProcess.StartReadyAsync(PublishedBinary.Path).GetAwaiter().GetResult());

    public override HttpClient Client => Process.Client;

    public string GrpcAddress => Process.GrpcAddress;

    public string Log => Process.Output;

    private ServiceProcess Process => _process.Value;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && _process.IsValueCreated)
        {
            _process.Value.Dispose(); // may run twice: the base class disposes twice
        }
    }
}
