using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Grpc</c>: where gRPC listens.</summary>
internal sealed class GrpcOptions
{
    /// <summary>The address, with a port of its own; empty switches gRPC off.</summary>
    public string Url { get; set; } = "http://localhost:5001";
}

/// <summary>Rejects an address that gRPC cannot listen on.</summary>
internal sealed class GrpcOptionsValidator : IValidateOptions<GrpcOptions>
{
    public ValidateOptionsResult Validate(string? name, GrpcOptions options) =>
        options.Url.Length == 0 || IsAddress(options.Url)
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail(
            $"Grpc:Url is '{options.Url}'. It must be an address with a port from 1 to 65535, such as "
            + "http://localhost:5001 or http://*:5001, or empty for no gRPC.");

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address is { IsUnixPipe: false, IsNamedPipe: false, PathBase: "", Scheme: "http" or "https" }
                && address.Port is >= 1 and <= 65535

                // A port that is no number is read as part of the host.
                && (address.Host.StartsWith('[') || !address.Host.Contains(':', StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
