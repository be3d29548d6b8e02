using System.Net.Security;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Load;

/// <summary>
/// <c>SoftmaxService.Api health [address]</c>: asks a running service whether it is ready and ends with 0 or 1. A
/// container's health check runs it, where there is neither a shell nor curl. The service itself is not built for it.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The first word of the command line that asks for it.</summary>
    public const string Command = "health";

    private const string DefaultPath = "/health/ready";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Asks what the words after the command say: nothing, a path on the service's own address, or a whole address.
    /// </summary>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> words, TextWriter output)
    {
        if (words.Length > 1 || AddressOf(words.IsEmpty ? DefaultPath : words.Span[0]) is not { } address)
        {
            await output.WriteLineAsync(
                $"'{string.Join(' ', words.ToArray())}' is no address to ask. "
                + $"{Command} takes nothing, a path such as /health/live, "
                + "or an address such as http://localhost:5000/health/ready.");
            return 1;
        }

        using var handler = new HttpClientHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,

            // A certificate is made for the name that clients know, not for a loopback address, where nobody can come
            // between.
            ServerCertificateCustomValidationCallback = (request, _, _, faults) =>
                faults == SslPolicyErrors.None || request.RequestUri is { IsLoopback: true },
        };
        using var client = new HttpClient(handler) { Timeout = Patience };
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
                ? $"nothing within {Patience.TotalSeconds} s"
                : fault.Message;
            await output.WriteLineAsync($"{address} does not answer: {reason}");
            return 1;
        }
    }

    private static Uri? AddressOf(string word) => word.StartsWith('/')
        ? ServiceAddress.Read(word)
        : Uri.TryCreate(word, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : null;
}
