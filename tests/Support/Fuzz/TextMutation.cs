using System.Text;
using System.Text.RegularExpressions;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Damages JSON and parameter values at meaningful places.</summary>
public static partial class TextMutation
{
    private static readonly string[] Values =
    [
        "0",
        "-0",
        "1",
        "-1",
        "0.1",
        "1e-999",
        "1e999",
        "-1e999",
        "3.4028236e38",
        "1e-46",
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775808",
        "1E+5",
        "01",
        "+1",
        ".5",
        "NaN",
        "Infinity",
        "\"NaN\"",
        "\"Infinity\"",
        "\"-Infinity\"",
        "null",
        "true",
        "false",
        "[]",
        "{}",
        "[[]]",
        "[null]",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\x\"",
        "\"ü💥\"",
        "\"data:image/png;base64,\"",
        "\"====\"",
        "//",
        "'1'",
    ];

    private static readonly string[] ParameterValues =
    [
        "",
        "0",
        "-0",
        "-1",
        "1",
        "3",
        "0.5",
        "1e-999",
        "1e999",
        "-1e999",
        "3.5e38",
        "2147483648",
        "99999999999999999999",
        "NaN",
        "Infinity",
        "-Infinity",
        "null",
        "true",
        "1,5",
        "0x10",
        "%00",
        "%ff",
        "%C3%28",
        "%F0%9F%92%A5",
        "+",
        "%20",
        "%2B1",
        "..",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "mnist",
        "cifar10",
        "MNIST",
        "mnist%00",
        "a%0d%0ab",
        "\u00e9",
    ];

    public static string Value(Random random) => ParameterValues[random.Next(ParameterValues.Length)];

    /// <summary>
    /// Replaces, removes, doubles or wraps one to three tokens of JSON; sometimes cuts it or adds stray bytes.
    /// </summary>
    public static byte[] Damage(Random random, string json)
    {
        if (random.Next(6) == 0)
        {
            return ByteMutation.Damage(random, Encoding.UTF8.GetBytes(json));
        }

        for (var faults = random.Next(1, 4); faults > 0; faults--)
        {
            if (Tokens().Matches(json) is { Count: > 0 } tokens)
            {
                var token = tokens[random.Next(tokens.Count)];
                json = string.Concat(
                    json.AsSpan(0, token.Index),
                    InPlaceOf(random, token.Value),
                    json.AsSpan(token.Index + token.Length));
            }
        }

        return Encoding.UTF8.GetBytes(json);
    }

    private static string InPlaceOf(Random random, string token) => random.Next(8) switch
    {
        0 => "",
        1 => $"{token},{token}",
        2 => $"[{token}]",
        3 => token + token,
        4 => Repeat("[", random) + token,
        _ => Values[random.Next(Values.Length)],
    };

    private static string Repeat(string text, Random random) =>
        new StringBuilder().Insert(0, text, 1 << random.Next(1, 9)).ToString();

    [GeneratedRegex("""-?\d[\d.eE+-]*|"[^"]*"|true|false|null|[\[\]{},:]""")]
    private static partial Regex Tokens();
}
