using System.Security.Claims;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Access;

/// <summary>A configured key: its hash, never the key itself.</summary>
internal sealed class ApiKey
{
    private ApiKey(byte[] hash, KeyScope scopes, RateLimit? limit, ImageLimit? images)
    {
        (Hash, Scopes, Limit, Images) = (hash, scopes, limit, images);
        Principal = new ClaimsPrincipal(new ApiKeyIdentity(this));
    }

    public byte[] Hash { get; }

    public KeyScope Scopes { get; }

    public RateLimit? Limit { get; }

    public ImageLimit? Images { get; }

    /// <summary>The user of every request that presents the key.</summary>
    public ClaimsPrincipal Principal { get; }

    public static ApiKey From(KeyOptions options, TimeProvider time) => new(
        Convert.FromHexString(options.Hash),
        // The validator rejects anything else at the start.
        KeyScopes.TryParse(options.Scopes, out var scopes) ? scopes : KeyScope.None,
        options.RequestsPerSecond is { } rate
            ? new RateLimit(rate, options.Burst ?? (int)Math.Ceiling(rate), time)
            : null,
        ImageLimit.From(options, time));
}

/// <summary>The identity of a client that presents a key.</summary>
internal sealed class ApiKeyIdentity(ApiKey key) : ClaimsIdentity(ApiKeyHandler.SchemeName)
{
    public ApiKey Key => key;
}
