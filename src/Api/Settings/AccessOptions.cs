using System.Globalization;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.Access;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Access</c>: who may ask.</summary>
internal sealed class AccessOptions
{
    /// <summary>The API keys by a name of the operator's choice; none unless said, and then everyone may ask.</summary>
    public Dictionary<string, KeyOptions> Keys { get; set; } = [];

    /// <summary>The origins whose pages may ask from a browser, separated by commas, or <c>*</c> for all; none unless said.</summary>
    public string AllowedOrigins { get; set; } = "";
}

/// <summary>One API key.</summary>
internal sealed class KeyOptions
{
    /// <summary>The key's SHA-256, 64 hexadecimal digits.</summary>
    public string Hash { get; set; } = "";

    /// <summary>What the key may do, separated by commas: <c>infer</c> (unless said), <c>admin</c>.</summary>
    public string Scopes { get; set; } = "infer";

    /// <summary>How many requests a second the key may make for long, 0.001…1,000,000; any number unless said.</summary>
    public double? RequestsPerSecond { get; set; }

    /// <summary>How many it may make at once after a rest, 1…1,000,000; unless said as many as in a second.</summary>
    public int? Burst { get; set; }
}

/// <summary>Refuses keys and origins that could never match. No message repeats a hash: what stands there by mistake may be the key itself.</summary>
internal sealed class AccessOptionsValidator : IValidateOptions<AccessOptions>
{
    private const int HashDigits = 64;

    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        var failures = options.Keys.SelectMany(key => FailuresOf(key.Key, key.Value)).Concat(FailuresOfOrigins(options)).ToList();
        failures.AddRange(options.Keys.GroupBy(key => key.Value.Hash, StringComparer.OrdinalIgnoreCase).Where(same => same.Key.Length > 0 && same.Count() > 1)
            .Select(same => $"Access:Keys: {string.Join(" and ", same.Select(key => key.Key))} have the same Hash; each key needs one name."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    public static string[] Origins(AccessOptions options) => options.AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> FailuresOf(string name, KeyOptions key)
    {
        if (key.Hash.Length != HashDigits || !key.Hash.All(char.IsAsciiHexDigit))
            yield return $"Access:Keys:{name}:Hash must be the SHA-256 of the key, {HashDigits} hexadecimal digits: printf %s \"$KEY\" | sha256sum.";
        if (!ApiKey.TryParseScopes(key.Scopes, out _))
            yield return $"Access:Keys:{name}:Scopes is '{key.Scopes}'. It must be infer, admin, or both, separated by a comma.";
        if (key.RequestsPerSecond is { } rate && rate is not (>= 0.001 and <= 1_000_000))
            yield return string.Create(CultureInfo.InvariantCulture, $"Access:Keys:{name}:RequestsPerSecond is {rate}. It must be between 0.001 and 1000000.");
        if (key.Burst is { } burst and not (>= 1 and <= 1_000_000))
            yield return string.Create(CultureInfo.InvariantCulture, $"Access:Keys:{name}:Burst is {burst}. It must be between 1 and 1000000.");
        if (key is { Burst: not null, RequestsPerSecond: null })
            yield return $"Access:Keys:{name}:Burst has no meaning without RequestsPerSecond.";
    }

    private static IEnumerable<string> FailuresOfOrigins(AccessOptions options) => Origins(options)
        .Where(origin => origin != "*" && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase)))
        .Select(origin => $"Access:AllowedOrigins holds '{origin}'. An origin is a scheme and a host, such as https://app.example.org, without a path or a slash at its end; * stands for all.");
}
