using System.Net;

namespace SoftmaxService.Api.Settings;

/// <summary>The address at which a service on this machine listens, for a process that only queries it.</summary>
internal static class ServiceAddress
{
    private const string Default = "http://localhost:5000"; // Kestrel's

    /// <summary>Reads the sources in which the service looks for its addresses, in the same order.</summary>
    public static Uri Read(string path) => Of(
        path,
        new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables("DOTNET_")
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables()
            .Build());

    /// <summary>The address of a path; over plain HTTP where there is a choice.</summary>
    public static Uri Of(string path, IConfiguration settings)
    {
        var urls = UrlsOf(settings);
        var own = BindingAddress.Parse(
            Array.Find(urls, url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)) ?? urls[0]);
        return new Uri($"{own.Scheme}://{ReachableHost(own.Host)}:{own.Port}{own.PathBase}{path}");
    }

    private static string[] UrlsOf(IConfiguration settings)
    {
        var urls = Split(settings["urls"]);
        if (urls.Length == 0)
        {
            urls =
            [
                .. Split(settings["http_ports"]).Select(port => $"http://*:{port}"),
                .. Split(settings["https_ports"]).Select(port => $"https://*:{port}"),
            ];
        }

        return urls.Length > 0 ? urls : [Default];
    }

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>
    /// Kestrel listens on every interface unless the host is an IP address or localhost. An image with nothing but the
    /// service need not know localhost by name.
    /// </summary>
    private static string ReachableHost(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var ip) && !ip.Equals(IPAddress.Any)
        ? ip.Equals(IPAddress.IPv6Any) ? "[::1]" : host
        : "127.0.0.1";
}
