using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SoftmaxService.Inference.Faults;

/// <summary>Where the serializer stopped: the last token that it read, and what its object has had so far.</summary>
/// <param name="Token">The last token.</param>
/// <param name="Property">
/// The last property of the innermost object; null in front of its first, and outside of objects.
/// </param>
/// <param name="IsRepeated">Whether that object had this property before.</param>
/// <param name="Known">The properties that the innermost object may have; none where that is not known.</param>
/// <param name="Missing">At the end of an object, the properties that it must have and did not.</param>
internal sealed record JsonStop(
    JsonTokenType Token,
    string? Property,
    bool IsRepeated,
    IReadOnlyList<string> Known,
    IReadOnlyList<string> Missing)
{
    /// <summary>Reads JSON that is valid for its contract up to an offset.</summary>
    public static JsonStop Find(ReadOnlySpan<byte> json, JsonTypeInfo type, long offset)
    {
        var options = new JsonReaderOptions
        {
            MaxDepth = type.Options.MaxDepth,
            CommentHandling = type.Options.ReadCommentHandling,
            AllowTrailingCommas = type.Options.AllowTrailingCommas,
        };
        var reader = new Utf8JsonReader(json, options);
        var open = new Stack<Container>();
        Container? closed = null;
        while (reader.BytesConsumed < offset && reader.Read())
        {
            closed = null;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push(new Container(open.TryPeek(out var parent) ? parent.ContractOfValue() : type));
                    break;

                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    closed = open.Pop();
                    break;

                case JsonTokenType.PropertyName:
                    open.Peek().Begin(NameOf(ref reader));
                    break;
            }
        }

        var container = closed ?? (open.TryPeek(out var innermost) ? innermost : null);
        return new JsonStop(
            reader.TokenType,
            container?.Property,
            container?.IsRepeated ?? false,
            container?.Known() ?? [],
            closed?.Missing() ?? []);
    }

    private static string NameOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!; // a property's name is never null
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan); // it is no Unicode
        }
    }

    /// <summary>An object or an array that is being read.</summary>
    /// <param name="contract">Its contract; null where a converter reads it, which has no contract.</param>
    private sealed class Container(JsonTypeInfo? contract)
    {
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        public string? Property { get; private set; }

        public bool IsRepeated { get; private set; }

        public void Begin(string property)
        {
            Property = property;
            IsRepeated = !_seen.Add(property);
        }

        public JsonTypeInfo? ContractOfValue()
        {
            var type = contract?.Kind switch
            {
                JsonTypeInfoKind.Object => TypeOf(contract.Properties.FirstOrDefault(one => one.Name == Property)),
                JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => contract.ElementType,
                _ => null,
            };
            return type is not null && contract!.Options.TryGetTypeInfo(type, out var found) ? found : null;
        }

        public IReadOnlyList<string> Known() => contract is { Kind: JsonTypeInfoKind.Object }
            ? [.. contract.Properties.Where(one => !one.IsExtensionData).Select(one => one.Name)]
            : [];

        public IReadOnlyList<string> Missing() => contract is { Kind: JsonTypeInfoKind.Object }
            ? [.. contract.Properties.Where(one => one.IsRequired && !_seen.Contains(one.Name)).Select(one => one.Name)]
            : [];

        private static Type? TypeOf(JsonPropertyInfo? property) =>
            property is { CustomConverter: null } ? property.PropertyType : null;
    }
}
