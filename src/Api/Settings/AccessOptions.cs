using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Access</c>: who may use the service.</summary>
internal sealed class AccessOptions
{
    /// <summary>The API keys, by names that the operator chooses. Without any, everyone may use the service.</summary>
    public Dictionary<string, KeyOptions> Keys { get; set; } = [];

    /// <summary>The origins whose pages may call from a browser, separated by commas, or <c>*</c> for all.</summary>
    public string AllowedOrigins { get; set; } = "";

    public string[] OriginList() =>
        AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>One API key.</summary>
internal sealed class KeyOptions
{
    /// <summary>The key's SHA-256, 64 hexadecimal digits.</summary>
    public string Hash { get; set; } = "";

    /// <summary>What the key may be used for, separated by commas: <c>infer</c>, <c>admin</c>.</summary>
    public string Scopes { get; set; } = "infer";

    /// <summary>How many requests per second the key may sustain. Unlimited by default.</summary>
    [SettingRange(0.001, 1_000_000)]
    public double? RequestsPerSecond { get; set; }

    /// <summary>How many requests it may make at once after a rest. Defaults to as many as in a second.</summary>
    [SettingRange(1, 1_000_000)]
    public int? Burst { get; set; }

    /// <summary>How many images per second the key may sustain. Unlimited by default.</summary>
    [SettingRange(0.001, 1_000_000)]
    public double? ImagesPerSecond { get; set; }

    /// <summary>
    /// How much the key may have decoded per second, in megapixels of a plain JPEG. Unlimited by default.
    /// </summary>
    [SettingRange(0.001, 1_000_000)]
    public double? MegapixelsPerSecond { get; set; }
}

/// <summary>
/// Rejects keys and origins that could never match. No message repeats a hash: what was written there by mistake may be
/// the key itself.
/// </summary>
internal sealed class AccessOptionsValidator : IValidateOptions<AccessOptions>
{
    private const int HashDigits = 64;

    private static readonly KeyOptionsValidator Ranges = new();

    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        string[] failures =
        [
            .. options.Keys.SelectMany(key => FailuresOf(key.Key, key.Value)),
            .. options.OriginList().Where(origin => !IsOrigin(origin)).Select(origin =>
                $"Access:AllowedOrigins holds '{origin}'. An origin is a scheme and a host, such as "
                + "https://app.example.org, without a "
                + "path or a slash at its end; * stands for all."),
            .. options.Keys.GroupBy(key => key.Value.Hash, StringComparer.OrdinalIgnoreCase)
                .Where(same => same.Key.Length > 0 && same.Count() > 1)
                .Select(same =>
                    $"Access:Keys: {string.Join(" and ", same.Select(key => key.Key))} have the same Hash; "
                    + "each key needs one name."),
        ];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> FailuresOf(string name, KeyOptions key)
    {
        if (key.Hash.Length != HashDigits || !key.Hash.All(char.IsAsciiHexDigit))
        {
            yield return $"Access:Keys:{name}:Hash must be the SHA-256 of the key, {HashDigits} hexadecimal digits: "
                + "printf %s \"$KEY\" | sha256sum.";
        }

        if (!KeyScopes.TryParse(key.Scopes, out _))
        {
            yield return $"Access:Keys:{name}:Scopes is '{key.Scopes}'. "
                + "It must be infer, admin, or both, separated by a comma.";
        }

        foreach (var failure in Ranges.Validate($"Access:Keys:{name}", key).Failures ?? [])
        {
            yield return failure;
        }

        if (key is { Burst: not null, RequestsPerSecond: null })
        {
            yield return $"Access:Keys:{name}:Burst has no meaning without RequestsPerSecond.";
        }
    }

    private static bool IsOrigin(string origin) => origin == "*"
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase));
}

[OptionsValidator]
internal sealed partial class KeyOptionsValidator : IValidateOptions<KeyOptions>;
