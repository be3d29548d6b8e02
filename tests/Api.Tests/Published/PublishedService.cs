namespace SoftmaxService.Api.Tests.Published;

/// <summary>
/// The published binary in a process of its own, with the models beside it, asked as the service in this process is.
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
            _process.Value.Dispose(); // once more does nothing: the base class disposes twice
        }
    }
}
