using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>One query parameter: how it is read, how an invalid one is reported, and how Swagger shows it.</summary>
internal sealed record QueryParameter(string Name, string Description, string Requirement, JsonSchemaType Type)
{
    public string? ExclusiveMinimum { get; init; }

    public string? Minimum { get; init; }

    public string? ExclusiveMaximum { get; init; }

    public string? Maximum { get; init; }

    /// <summary>The names that the parameter may have; null if it may have others.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Shown in the description: Swagger UI would send an example of its own accord.</summary>
    public required string Example { get; init; }

    /// <summary>The parameter as text, null when it is absent.</summary>
    public string? ReadText(HttpRequest request)
    {
        var count = 0;
        var value = ReadOnlyMemory<char>.Empty;
        foreach (var pair in PairsOf(request))
        {
            if (IsNamed(pair.DecodeName().Span))
            {
                value = pair.DecodeValue();
                count++;
            }
        }

        return count switch
        {
            0 => null,
            1 when !value.IsEmpty => value.ToString(),
            1 => throw Reject(""),
            _ => throw new RequestException(Problem.InvalidParameter, $"{Name} is given {count} times; send it once."),
        };
    }

    /// <summary>The parameter as one of <see cref="Values"/>, null when it is absent.</summary>
    public string? ReadName(HttpRequest request) =>
        ReadText(request) is not { } text ? null
        : Values?.Contains(text, StringComparer.Ordinal) == true ? text
        : throw Reject(text);

    /// <summary>The parameter as a number that <paramref name="isValid"/> accepts, null when it is absent.</summary>
    public T? ReadNumber<T>(HttpRequest request, Predicate<T> isValid)
        where T : struct, INumber<T> => ReadText(request) switch
        {
            null => null,
            var text when T.TryParse(
                text,
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out var value) && isValid(value) =>
                value,
            var text => throw Reject(text),
        };

    /// <summary>
    /// The parameter as a whole number of at least 1; null when it is absent. Values above <see cref="int.MaxValue"/>
    /// are clamped to it.
    /// </summary>
    public int? ReadCount(HttpRequest request) => ReadText(request) switch
    {
        null => null,
        var text when text.All(char.IsAsciiDigit) && text.AsSpan().ContainsAnyExcept('0') =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : int.MaxValue,
        var text => throw Reject(text),
    };

    /// <summary>
    /// Rejects parameters that the route does not have: a misspelt one would silently change nothing.
    /// </summary>
    public static void RejectUnknown(HttpRequest request, IReadOnlyList<QueryParameter> known)
    {
        foreach (var pair in PairsOf(request))
        {
            var name = pair.DecodeName().Span;
            if (!IsAmong(known, name))
            {
                var others = known.Count == 0
                    ? "With this content type there are none."
                    : $"The parameters are: {string.Join(", ", known.Select(parameter => parameter.Name))}.";
                throw new RequestException(
                    Problem.InvalidParameter,
                    $"There is no parameter '{Quoting.Shorten(name.ToString())}' here. {others}");
            }
        }
    }

    public OpenApiParameter ToOpenApi() => new()
    {
        Name = Name,
        In = ParameterLocation.Query,
        Description = $"{Description} {Requirement} Example: `{Example}`.",
        Schema = new OpenApiSchema
        {
            Type = Type,
            Enum = Values?.Select(value => (JsonNode)value).ToList(),
            Minimum = Minimum,
            ExclusiveMinimum = ExclusiveMinimum,
            Maximum = Maximum,
            ExclusiveMaximum = ExclusiveMaximum,
        },
    };

    private RequestException Reject(string text) =>
        new(Problem.InvalidParameter, $"{Name} is '{Quoting.Shorten(text)}'. {Requirement}");

    // Not HttpRequest.Query: building its dictionary costs more than reading the few parameters there are.
    private static QueryStringEnumerable PairsOf(HttpRequest request) => new(request.QueryString.Value);

    private static bool IsAmong(IReadOnlyList<QueryParameter> known, ReadOnlySpan<char> name)
    {
        for (var i = 0; i < known.Count; i++)
        {
            if (known[i].IsNamed(name))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsNamed(ReadOnlySpan<char> name) => name.Equals(Name, StringComparison.OrdinalIgnoreCase);
}
