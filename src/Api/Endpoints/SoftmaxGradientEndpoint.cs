using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.Hosting;
using SoftmaxService.Api.Http;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Inference.Numerics;

namespace SoftmaxService.Api.Endpoints;

/// <summary><c>POST /softmax/gradient</c>: how the softmax, or its cross-entropy, answers to each logit. It touches no model.</summary>
internal static class SoftmaxGradientEndpoint
{
    public static void MapSoftmaxGradient(this IEndpointRouteBuilder routes) => routes
        .MapPost("/softmax/gradient", AnswerAsync)
        .WithName("SoftmaxGradient")
        .WithTags("Softmax")
        .WithSummary("Differentiates the softmax")
        .WithDescription(
            "With a target class t for each row: the cross-entropy −ln p_t, and its gradient (p_i − [i = t]) / T. "
            + "With an upstream gradient g for each class: the vector-Jacobian product p_i (g_i − Σ_j g_j p_j) / T. Give one of the two. "
            + "The string \"-Infinity\" masks a class: its gradient is exactly 0.")
        .Describe(SoftmaxGradientDocumentation.Apply, [])
        .Produces<SoftmaxGradientResponse>()
        .Answers(Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidParameter, Problem.BodyTooLarge, Problem.UnsupportedMediaType);

    private static async Task<Ok<SoftmaxGradientResponse>> AnswerAsync(HttpRequest request, ComputeGate gate, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsJson(MediaTypes.Of(request)))
        {
            throw MediaTypes.Refuse(request, MediaTypeNames.Application.Json);
        }

        QueryParameter.RefuseUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var place = await gate.EnterAsync(cancellationToken);
        return TypedResults.Ok(Answer(JsonSerializer.Deserialize(body.Span, ApiJsonContext.Default.SoftmaxGradientRequest)
            ?? throw new RequestException(Problem.MalformedJson, "The body is null; it must be an object with a property logits.")));
    }

    private static SoftmaxGradientResponse Answer(SoftmaxGradientRequest request)
    {
        var logits = request.Logits;
        var temperatures = TemperatureOfEachRow(request.Temperature ?? TemperatureRows.One, logits);
        var gradient = new float[logits.Values.Length];
        switch (request)
        {
            case { Target: { } target, Upstream: null }:
                CheckTargets(target, logits);
                var losses = new float[logits.RowCount];
                Softmax.CrossEntropyRows(logits.Values, target.Values, losses, gradient, logits.ColumnCount, temperatures);
                CheckResults(logits, gradient);
                CheckRange(losses, "loss");
                return new SoftmaxGradientResponse(new PerRow<float>(losses, logits.IsMatrix), logits.With(gradient));

            case { Target: null, Upstream: { } upstream }:
                CheckUpstream(upstream, logits);
                Softmax.GradientRows(logits.Values, upstream.Values, gradient, logits.ColumnCount, temperatures);
                CheckResults(logits, gradient);
                return new SoftmaxGradientResponse(null, logits.With(gradient));

            default:
                throw new RequestException(Problem.InvalidParameter, "Give either target, for the gradient of the cross-entropy, or upstream, for the vector-Jacobian product.");
        }
    }

    private static float[] TemperatureOfEachRow(TemperatureRows temperature, FloatRows logits)
    {
        if (!temperature.IsArray)
        {
            var all = new float[logits.RowCount];
            Array.Fill(all, temperature.Values[0]);
            return all;
        }

        return temperature.Values.Length == logits.RowCount
            ? temperature.Values
            : throw new RequestException(Problem.InvalidTemperature, $"There are {temperature.Values.Length} temperatures for {logits.RowCount} row(s) of logits; give one for all, or one for each row.");
    }

    private static void CheckTargets(TargetRows target, FloatRows logits)
    {
        if (target.Values.Length != logits.RowCount || target.IsArray != logits.IsMatrix)
        {
            throw new RequestException(Problem.InvalidParameter, $"There are {target.Values.Length} targets for {logits.RowCount} row(s) of logits; give a number for one row, or an array with one for each row of several.");
        }

        for (var row = 0; row < logits.RowCount; row++)
        {
            var place = target.IsArray ? $"target[{row}]" : "target";
            var index = target.Values[row];
            if (index < 0 || index >= logits.ColumnCount)
            {
                throw new RequestException(Problem.InvalidParameter, $"{place} is {index}; a target is the index of a class, 0 to {logits.ColumnCount - 1}.");
            }

            if (float.IsNegativeInfinity(logits.Row(row)[index]) && logits.Row(row).ContainsAnyExcept(float.NegativeInfinity))
            {
                throw new RequestException(Problem.InvalidParameter, $"{place} is {index}, but {logits.Place(row, index)} is masked; its loss is infinite.");
            }
        }
    }

    private static void CheckUpstream(UpstreamRows upstream, FloatRows logits)
    {
        if (upstream.RowCount != logits.RowCount || upstream.IsMatrix != logits.IsMatrix || upstream.Values.Length != logits.Values.Length)
        {
            throw new RequestException(Problem.InvalidParameter, "upstream has another shape than logits; it holds one number for each of them.");
        }
    }

    private static void CheckResults(FloatRows logits, float[] gradient)
    {
        for (var row = 0; row < logits.RowCount; row++)
        {
            if (!logits.Row(row).ContainsAnyExcept(float.NegativeInfinity))
            {
                throw new RequestException(Problem.InvalidLogits, $"{(logits.IsMatrix ? $"logits[{row}]" : "logits")} masks every class; at least one must be a number.");
            }
        }

        CheckRange(gradient, "gradient");
    }

    private static void CheckRange(float[] results, string name)
    {
        if (!Array.TrueForAll(results, float.IsFinite))
        {
            throw new RequestException(Problem.InvalidTemperature, $"At this temperature the {name} leaves the range of a 32-bit float; it grows with 1 / T.");
        }
    }
}

/// <summary>The JSON body of <c>POST /softmax/gradient</c>; it has a target or an upstream gradient.</summary>
internal sealed record SoftmaxGradientRequest
{
    public required FloatRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    public TargetRows? Target { get; init; }

    public UpstreamRows? Upstream { get; init; }
}

/// <summary>The JSON answer of <c>POST /softmax/gradient</c>, in the shape of the logits; a loss only where there was a target.</summary>
internal sealed record SoftmaxGradientResponse(
    [property: JsonConverter(typeof(LossRowsConverter))] PerRow<float>? Loss,
    FloatRows Gradient);

/// <summary>The class that is right: a number, or an array with one for each row.</summary>
[JsonConverter(typeof(TargetRowsConverter))]
internal sealed record TargetRows(int[] Values, bool IsArray);

/// <summary>One number for each logit, in the same shape.</summary>
[JsonConverter(typeof(UpstreamRowsConverter))]
internal sealed record UpstreamRows(float[] Values, int RowCount, bool IsMatrix);

internal sealed class TargetRowsConverter : JsonConverter<TargetRows>
{
    public override TargetRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new TargetRows([ReadOne(ref reader, "target")], IsArray: false);
        }

        var values = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(ReadOne(ref reader, $"target[{values.Count}]"));
        }

        return new TargetRows([.. values], IsArray: true);
    }

    public override void Write(Utf8JsonWriter writer, TargetRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(TargetRows)} is only ever asked.");

    private static int ReadOne(ref Utf8JsonReader reader, string place) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value)
            ? value
            : throw new RequestException(Problem.InvalidParameter, $"{place} is not valid; a target is the index of a class, a whole number from 0.");
}

internal sealed class UpstreamRowsConverter : JsonConverter<UpstreamRows>
{
    public override UpstreamRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Invalid("upstream");
        }

        var values = new List<float>();
        var (rowCount, columnCount, isMatrix) = (0, 0, false);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                values.Add(ReadOne(ref reader, isMatrix ? $"upstream[{rowCount}]" : $"upstream[{values.Count}]", isNumber: !isMatrix));
                continue;
            }

            if (!isMatrix && values.Count > 0)
            {
                throw Invalid($"upstream[{values.Count}]");
            }

            isMatrix = true;
            var first = values.Count;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                values.Add(ReadOne(ref reader, $"upstream[{rowCount}][{values.Count - first}]", isNumber: true));
            }

            columnCount = rowCount == 0 ? values.Count : columnCount;
            if (values.Count - first != columnCount)
            {
                throw Invalid($"upstream[{rowCount}]");
            }

            rowCount++;
        }

        return new UpstreamRows([.. values], isMatrix ? rowCount : 1, isMatrix);
    }

    public override void Write(Utf8JsonWriter writer, UpstreamRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(UpstreamRows)} is only ever asked.");

    private static float ReadOne(ref Utf8JsonReader reader, string place, bool isNumber) =>
        isNumber && reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out var value) && float.IsFinite(value) ? value : throw Invalid(place);

    private static RequestException Invalid(string place) =>
        new(Problem.InvalidParameter, $"{place} is not valid; upstream holds one finite number for each logit, in the same shape.");
}

internal sealed class LossRowsConverter : PerRowConverter<float>
{
    protected override void WriteOne(Utf8JsonWriter writer, float one) => writer.WriteNumberValue(one);
}
