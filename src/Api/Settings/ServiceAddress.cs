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

    /// <summary>Checks the addresses before any model is loaded; those of Kestrel:Endpoints replace them.</summary>
    /// <exception cref="SettingException">One cannot be listened on.</exception>
    public static void Check(IConfiguration settings)
    {
        if (settings.GetSection("Kestrel:Endpoints").Exists())
        {
            return;
        }

        foreach (var url in UrlsOf(settings))
        {
            if (Fault(url) is { } reason)
            {
                throw new SettingException(
                    $"the address '{url}' of Urls {reason}; give one such as http://localhost:8080 or http://*:80.");
            }
        }
    }

    private static string? Fault(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return !address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase)
                && !address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase)
                    ? "is neither http nor https"
                    : address.Port is < 0 or > IPEndPoint.MaxPort ? "has no port from 0 to 65535"
                    : address.PathBase.Length > 0 ? "has a path, which a server cannot listen on"
                    : null;
        }
        catch (FormatException)
        {
            return "is not understood";
        }
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
