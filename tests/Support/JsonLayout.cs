using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SoftmaxService.Tests.Support;

/// <summary>Formats JSON for readers: a value that fits goes on one line, any other has a line per member.</summary>
public static class JsonLayout
{
    /// <summary>Stands for something that a document omits: other properties, other items, or a value.</summary>
    public const string Ellipsis = "…";

    private const int MaxColumns = 120;
    private const int Indentation = 2;

    private static readonly JsonSerializerOptions Relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Format(JsonElement json) => Format(json, indentation: 0, column: 0);

    /// <summary>Omits from <paramref name="actual"/> what <paramref name="documented"/> omits.</summary>
    public static JsonElement Abridge(JsonElement documented, JsonElement actual) =>
        JsonSerializer.SerializeToElement(AbridgedNode(documented, actual));

    private static JsonNode? AbridgedNode(JsonElement documented, JsonElement actual)
    {
        if (IsEllipsis(documented))
        {
            return JsonValue.Create(Ellipsis);
        }

        return (documented.ValueKind, actual.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.Object) => AbridgedObject(documented, actual),
            (JsonValueKind.Array, JsonValueKind.Array) => AbridgedArray(documented, actual),
            _ => NodeOf(actual),
        };
    }

    private static JsonObject AbridgedObject(JsonElement documented, JsonElement actual)
    {
        var isAbridged = documented.TryGetProperty(Ellipsis, out _);
        var node = new JsonObject();
        foreach (var property in actual.EnumerateObject())
        {
            if (documented.TryGetProperty(property.Name, out var counterpart))
            {
                node.Add(property.Name, AbridgedNode(counterpart, property.Value));
            }
            else if (!isAbridged)
            {
                node.Add(property.Name, NodeOf(property.Value));
            }
        }

        if (isAbridged)
        {
            node.Add(Ellipsis, Ellipsis);
        }

        return node;
    }

    private static JsonArray AbridgedArray(JsonElement documented, JsonElement actual)
    {
        var isAbridged = documented.GetArrayLength() is > 0 and var length && IsEllipsis(documented[length - 1]);
        var documentedCount = documented.GetArrayLength() - (isAbridged ? 1 : 0);
        var node = new JsonArray();
        foreach (var (index, item) in actual.EnumerateArray().Index())
        {
            if (index < documentedCount)
            {
                node.Add(AbridgedNode(documented[index], item));
            }
            else if (!isAbridged)
            {
                node.Add(NodeOf(item));
            }
        }

        if (isAbridged)
        {
            node.Add(Ellipsis);
        }

        return node;
    }

    private static bool IsEllipsis(JsonElement json) =>
        json.ValueKind == JsonValueKind.String && json.GetString() == Ellipsis;

    private static JsonNode? NodeOf(JsonElement json) => JsonNode.Parse(json.GetRawText());

    private static string Format(JsonElement json, int indentation, int column)
    {
        var line = OnOneLine(json);
        if (column + line.Length < MaxColumns || json.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return line;
        }

        var inner = indentation + Indentation;
        var (open, close, members) = json.ValueKind == JsonValueKind.Object
            ? ('{', '}', json.EnumerateObject().Select(property => Format(property, inner)))
            : ('[', ']', json.EnumerateArray().Select(item => Format(item, inner, inner)));
        var lineBreak = "\n" + new string(' ', inner);
        return $"{open}{lineBreak}{string.Join($",{lineBreak}", members)}\n{new string(' ', indentation)}{close}";
    }

    private static string Format(JsonProperty property, int indentation)
    {
        var name = NameOf(property);
        return name + Format(property.Value, indentation, indentation + name.Length);
    }

    private static string OnOneLine(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object when json.EnumerateObject().Any() =>
            $"{{ {string.Join(", ", json.EnumerateObject().Select(OnOneLine))} }}",
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => $"[{string.Join(", ", json.EnumerateArray().Select(OnOneLine))}]",
        JsonValueKind.String => Quoted(json.GetString()!), // It is a string.
        _ => json.GetRawText(),
    };

    private static string OnOneLine(JsonProperty property) => NameOf(property) + OnOneLine(property.Value);

    private static string NameOf(JsonProperty property) => $"{Quoted(property.Name)}: ";

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Relaxed);
}
