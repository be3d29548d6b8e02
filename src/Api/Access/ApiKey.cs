using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Access;

/// <summary>What a request needs a key for.</summary>
[Flags]
internal enum KeyScope
{
    None = 0,
    Infer = 1,
    Admin = 2,
}

/// <summary>A configured key: its hash, never the key itself.</summary>
internal sealed record ApiKey(byte[] Hash, KeyScope Scopes, RateLimit? Limit)
{
    public static ApiKey From(KeyOptions options, TimeProvider time) => new(
        Convert.FromHexString(options.Hash),
        TryParseScopes(options.Scopes, out var scopes) ? scopes : KeyScope.None, // refused at the start
        options.RequestsPerSecond is { } rate ? new RateLimit(rate, options.Burst ?? (int)Math.Ceiling(rate), time) : null);

    public static bool TryParseScopes(string text, out KeyScope scopes)
    {
        scopes = KeyScope.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            switch (name)
            {
                case "infer":
                    scopes |= KeyScope.Infer;
                    break;
                case "admin":
                    scopes |= KeyScope.Admin;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
