using System.Net.Security;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Endpoints.Health;

/// <summary>
/// <c>SoftmaxService.Api health [address]</c>: queries whether a running service is ready, and exits with 0 or 1. For
/// the health check of a container that has neither a shell nor curl. Nothing of the service itself is started.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The first argument, which selects the probe.</summary>
    public const string Command = "health";

    private const string DefaultPath = "/health/ready";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Queries the address that follows the command: none for the default, a path on the service's own address, or an
    /// absolute one.
    /// </summary>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments, TextWriter output)
    {
        if (arguments.Length > 1 || AddressOf(arguments.IsEmpty ? DefaultPath : arguments.Span[0]) is not { } address)
        {
            await output.WriteLineAsync(
                $"'{string.Join(' ', arguments.ToArray())}' is not an address to query. "
                + $"{Command} takes no argument, a path such as /health/live, "
                + "or an address such as http://localhost:5000/health/ready.");
            return 1;
        }

        using var handler = new HttpClientHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,

            // A certificate is issued for the name that clients use, not for a loopback address, where there is nobody
            // in between.
            ServerCertificateCustomValidationCallback = (request, _, _, faults) =>
                faults == SslPolicyErrors.None || request.RequestUri is { IsLoopback: true },
        };
        using var client = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            using var answer = await client.GetAsync(address);
            await output.WriteLineAsync(
                $"{address} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            var reason = fault is OperationCanceledException
                ? $"no response within {Timeout.TotalSeconds} s"
                : fault.Message;
            await output.WriteLineAsync($"{address} does not respond: {reason}");
            return 1;
        }
    }

    private static Uri? AddressOf(string argument) => argument.StartsWith('/')
        ? ServiceAddress.Read(argument)
        : Uri.TryCreate(argument, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : null;
}
