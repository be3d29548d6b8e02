using System.Text;
using System.Text.Json;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Reads a REST request: a JSON object, followed by one blob for each input that states a <c>binary_data_size</c>, in
/// their order. Properties that the protocol does not define are ignored, and null counts as absent, since clients
/// write it for what they leave out.
/// </summary>
internal static class InferRequestReader
{
    public static InferRequest Read(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> blobs, int maxDepth)
    {
        json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        try
        {
            return ReadRequest(json, blobs, maxDepth);
        }
        catch (JsonException fault)
        {
            throw MalformedJson.RejectSyntax(fault, json.Span, maxDepth);
        }
    }

    // No model has as many inputs or outputs, nor a tensor as many dimensions. Of a list without a limit, ten megabytes
    // would take hundreds.
    private const int MaxItems = 1024;
    private const int MaxDimensions = 64;

    private delegate T ItemReader<T>(ref Utf8JsonReader reader);

    private static InferRequest ReadRequest(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> blobs, int maxDepth)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = maxDepth });
        Start(ref reader);

        string? id = null;
        var parameters = InferParameters.None;
        List<SentInput>? inputs = null;
        List<(string Name, InferParameters Parameters)> outputs = [];
        while (NextProperty(ref reader) is { } property)
        {
            switch (property)
            {
                case "id":
                    id = ReadText(ref reader, "id");
                    break;
                case "parameters":
                    parameters = ReadParameters(ref reader, "parameters");
                    break;
                case "inputs":
                    inputs = ReadList(ref reader, "inputs", (ref Utf8JsonReader item) => ReadInput(ref item, json));
                    break;
                case "outputs":
                    outputs = ReadList(ref reader, "outputs", ReadOutput) ?? [];
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.Read(); // anything but white space after the object is malformed
        var asJson = parameters.ReadFlag(InferParameters.BinaryDataOutput) is not true;
        return new InferRequest
        {
            Id = id,
            Parameters = parameters,
            Inputs = AttachContents(
                inputs ?? throw new RequestException(Problem.MalformedJson, "The request has no inputs."), blobs),
            Outputs = [.. outputs.Select(output => Request(output.Name, output.Parameters, asJson))],
            OutputsAsJson = asJson,
        };
    }

    private static void Start(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new RequestException(
                Problem.MalformedJson,
                $"The request is {JsonToken.Describe(ref reader)}; it must be an object with inputs.");
        }
    }

    /// <summary>The next property's name, with the reader on its value; null at the object's end.</summary>
    private static string? NextProperty(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var name = GetText(ref reader);
        reader.Read();
        return name;
    }

    private static SentInput ReadInput(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        string? name = null, datatype = null;
        List<long>? shape = null;
        ReadOnlyMemory<byte>? data = null;
        var parameters = InferParameters.None;
        while (NextProperty(ref reader) is { } property)
        {
            switch (property)
            {
                case "name":
                    name = ReadText(ref reader, "name");
                    break;
                case "datatype":
                    datatype = ReadText(ref reader, "datatype");
                    break;
                case "shape":
                    shape = ReadShape(ref reader);
                    break;
                case "parameters":
                    parameters = ReadParameters(ref reader, "parameters");
                    break;
                case "data" when reader.TokenType != JsonTokenType.Null:
                    // Only its position is kept: datatype and shape, which may follow it, determine how to read it.
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    data = json[start..(int)reader.BytesConsumed];
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new SentInput(
            name ?? throw Missing("An input", "name"),
            datatype ?? throw Missing($"Input '{Quoting.Shorten(name)}'", "datatype"),
            shape ?? throw Missing($"Input '{Quoting.Shorten(name)}'", "shape"),
            data,
            parameters);
    }

    private static (string Name, InferParameters Parameters) ReadOutput(ref Utf8JsonReader reader)
    {
        string? name = null;
        var parameters = InferParameters.None;
        while (NextProperty(ref reader) is { } property)
        {
            switch (property)
            {
                case "name":
                    name = ReadText(ref reader, "name");
                    break;
                case "parameters":
                    parameters = ReadParameters(ref reader, "parameters");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (name ?? throw Missing("An output", "name"), parameters);
    }

    private static RequestedOutput Request(string name, InferParameters parameters, bool asJson)
    {
        parameters.RejectSharedMemory(name);
        return new RequestedOutput(
            name,
            parameters.ReadCount(InferParameters.Classification, minimum: 1),
            parameters.ReadFlag(InferParameters.BinaryData) is { } binary ? !binary : asJson);
    }

    private static List<InferInput> AttachContents(List<SentInput> inputs, ReadOnlyMemory<byte> blobs)
    {
        var attached = new List<InferInput>(inputs.Count);
        var rest = blobs;
        foreach (var input in inputs)
        {
            input.Parameters.RejectSharedMemory(input.Name);
            ITensorContents contents;
            switch (input.Data, input.Parameters.ReadCount(InferParameters.BinaryDataSize, minimum: 0))
            {
                case ({ } data, null):
                    contents = new JsonContents(data);
                    break;
                case (null, { } size):
                    contents = new BinaryContents(
                        size <= rest.Length ? rest[..size] : throw BeyondBody(input.Name, size, rest.Length));
                    rest = rest[size..];
                    break;
                default:
                    throw new RequestException(
                        Problem.BadRequest,
                        $"Input '{Quoting.Shorten(input.Name)}' must have exactly one of data and "
                        + $"parameters.{InferParameters.BinaryDataSize}.");
            }

            attached.Add(new InferInput(input.Name, input.Datatype, input.Shape, contents));
        }

        return rest.Length == 0
            ? attached
            : throw new RequestException(
                Problem.BadRequest,
                $"{rest.Length} bytes after the JSON belong to no input: every input already has as many as its "
                + $"{InferParameters.BinaryDataSize} states.");
    }

    private static List<long> ReadShape(ref Utf8JsonReader reader)
    {
        var shape = new List<long>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"shape is {JsonToken.Describe(ref reader)}; it must be an array of whole numbers.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (shape.Count == MaxDimensions)
            {
                throw new RequestException(
                    Problem.BadRequest,
                    $"shape has more than {MaxDimensions} sizes; it must have one for each dimension of the tensor.");
            }

            shape.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var size) && size >= 0
                ? size
                : throw new RequestException(
                    Problem.BadRequest,
                    $"shape holds {JsonToken.Describe(ref reader)}; it must be an array of whole numbers, none "
                    + "below 0."));
        }

        return shape;
    }

    private static InferParameters ReadParameters(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return InferParameters.None;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"{name} is {JsonToken.Describe(ref reader)}; it must be an object.");
        }

        var values = new Dictionary<string, InferParameterValue>(StringComparer.Ordinal);
        while (NextProperty(ref reader) is { } property)
        {
            if (!InferParameters.IsRead(property))
            {
                reader.Skip();
                continue;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    values[property] = new InferParameterValue(InferParameterKind.Text, GetText(ref reader));
                    break;
                case JsonTokenType.Number:
                    values[property] = new InferParameterValue(
                        InferParameterKind.Number, Encoding.UTF8.GetString(reader.ValueSpan));
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    values[property] = new InferParameterValue(
                        InferParameterKind.Flag, reader.GetBoolean() ? bool.TrueString : bool.FalseString);
                    break;
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    throw new RequestException(
                        Problem.BadRequest,
                        $"The parameter {property} is {JsonToken.Describe(ref reader)}; "
                        + "it must be a string, a number, true or false.");
                default:
                    reader.Skip();
                    break;
            }
        }

        return new InferParameters(values);
    }

    private static List<T>? ReadList<T>(ref Utf8JsonReader reader, string name, ItemReader<T> readItem)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"{name} is {JsonToken.Describe(ref reader)}; it must be an array of objects.");
        }

        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (items.Count == MaxItems)
            {
                throw new RequestException(Problem.BadRequest, $"The request has more than {MaxItems} {name}.");
            }

            items.Add(reader.TokenType == JsonTokenType.StartObject
                ? readItem(ref reader)
                : throw new RequestException(
                    Problem.BadRequest,
                    $"{name} holds {JsonToken.Describe(ref reader)}; it must be an array of objects."));
        }

        return items;
    }

    private static string? ReadText(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => GetText(ref reader),
        _ => throw new RequestException(
            Problem.BadRequest,
            $"{name} is {JsonToken.Describe(ref reader)}; it must be a string."),
    };

    private static string GetText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!; // a string token is never null
        }
        catch (InvalidOperationException)
        {
            throw new RequestException(
                Problem.MalformedJson,
                "A string is not valid Unicode: it holds bytes that are not UTF-8, or half of a surrogate pair.");
        }
    }

    private static RequestException Missing(string what, string property) => new(
        Problem.BadRequest,
        $"{what} has no {property}.");

    private static RequestException BeyondBody(string input, int size, int left) => new(
        Problem.BadRequest,
        $"Input '{Quoting.Shorten(input)}' has a {InferParameters.BinaryDataSize} of {size}, but {left} bytes are left "
        + $"after the JSON, whose length is in the header {InferEndpoint.HeaderLength}.");

    private sealed record SentInput(
        string Name, string Datatype, List<long> Shape, ReadOnlyMemory<byte>? Data, InferParameters Parameters);
}
