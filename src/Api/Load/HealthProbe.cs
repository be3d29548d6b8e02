using System.Net;
using System.Net.Security;

namespace SoftmaxService.Api.Load;

/// <summary>
/// <c>SoftmaxService.Api health [address]</c>: asks a running service whether it is ready and ends with 0 or 1. It is what a container's health check
/// runs, where there is neither a shell nor curl. The service is not built for it.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The first word of the command line that asks for it.</summary>
    public const string Command = "health";

    private const string DefaultPath = "/health/ready";
    private const string DefaultAddress = "http://localhost:5000"; // Kestrel's
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks what the words after the command say: nothing, a path on the service's own address, or a whole address.</summary>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> words, TextWriter output)
    {
        if (words.Length > 1 || AddressOf(words.IsEmpty ? DefaultPath : words.Span[0], ReadSettings()) is not { } address)
        {
            await output.WriteLineAsync($"'{string.Join(' ', words.ToArray())}' is no address to ask. {Command} takes nothing, a path such as /health/live, or an address such as http://localhost:5000/health/ready.");
            return 1;
        }

        using var handler = new HttpClientHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            // A certificate is made for the name that clients know, not for a loopback address, where nobody can come between.
            ServerCertificateCustomValidationCallback = (request, _, _, faults) => faults == SslPolicyErrors.None || request.RequestUri is { IsLoopback: true },
        };
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(address);
            await output.WriteLineAsync($"{address} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            await output.WriteLineAsync($"{address} does not answer: {(fault is OperationCanceledException ? $"nothing within {Patience.TotalSeconds} s" : fault.Message)}");
            return 1;
        }
    }

    /// <summary>Where to ask; the service's own address as it reads it itself, and null where the word is none.</summary>
    internal static Uri? AddressOf(string word, IConfiguration settings)
    {
        if (!word.StartsWith('/'))
        {
            return Uri.TryCreate(word, UriKind.Absolute, out var whole) && whole.Scheme is "http" or "https" ? whole : null;
        }

        var urls = OwnUrls(settings);
        var own = BindingAddress.Parse(urls.FirstOrDefault(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)) ?? urls[0]);
        return new Uri($"{own.Scheme}://{ReachableHost(own.Host)}:{own.Port}{own.PathBase}{word}");
    }

    private static string[] OwnUrls(IConfiguration settings)
    {
        var urls = Split(settings["urls"]);
        if (urls.Length == 0)
        {
            urls = [.. Split(settings["http_ports"]).Select(port => $"http://*:{port}"), .. Split(settings["https_ports"]).Select(port => $"https://*:{port}")];
        }

        return urls.Length > 0 ? urls : [DefaultAddress];
    }

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Kestrel listens on every interface unless the host is an IP address or localhost; an image with nothing but the service need not know localhost by name.</summary>
    private static string ReachableHost(string host) => IPAddress.TryParse(host.Trim('[', ']'), out var ip) && !ip.Equals(IPAddress.Any)
        ? ip.Equals(IPAddress.IPv6Any) ? "[::1]" : host
        : "127.0.0.1";

    /// <summary>The sources in which the service looks for its addresses, in the same order.</summary>
    private static IConfigurationRoot ReadSettings() => new ConfigurationBuilder()
        .AddEnvironmentVariables("ASPNETCORE_")
        .AddEnvironmentVariables("DOTNET_")
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();
}
