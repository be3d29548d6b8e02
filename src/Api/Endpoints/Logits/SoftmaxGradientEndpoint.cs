using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Endpoints.Logits;

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
        .Answers([Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidParameter, Problem.BodyTooLarge, Problem.TooManyLogits, Problem.AnswerTooLarge, Problem.UnsupportedMediaType, .. Problem.OfWork]);

    private static async Task<SoftmaxGradientResponse> AnswerAsync(HttpRequest request, ComputeGate gate, ApiJsonContext json, LimitsOptions limits, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsJson(MediaTypes.Of(request)))
        {
            throw MediaTypes.Refuse(request, MediaTypeNames.Application.Json);
        }

        QueryParameter.RefuseUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var place = await gate.EnterAsync(cancellationToken);
        return Answer(body.Deserialize(json.SoftmaxGradientRequest, "logits"), limits);
    }

    private static SoftmaxGradientResponse Answer(SoftmaxGradientRequest request, LimitsOptions limits)
    {
        var logits = request.Logits;
        var temperatures = (request.Temperature ?? TemperatureRows.One).ForEachRow(logits);
        logits.RefuseFullyMasked();
        if (SoftmaxGradientResponse.MostBytes(logits) > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(limits, $"The answer to {logits.RowCount} row(s) of {logits.ColumnCount} logits", "Ask for fewer rows at a time.");
        }

        var gradient = new float[logits.Values.Length];
        switch (request)
        {
            case { Target: { } target, Upstream: null }:
                CheckTargets(target, logits);
                var losses = new float[logits.RowCount];
                Softmax.CrossEntropyRows(logits.Values, target.Values, losses, gradient, logits.ColumnCount, temperatures);
                CheckRange(losses, "loss");
                CheckRange(gradient, "gradient");
                return new SoftmaxGradientResponse(logits, losses, gradient);

            case { Target: null, Upstream: { } upstream }:
                CheckUpstream(upstream, logits);
                Softmax.GradientRows(logits.Values, upstream.Values, gradient, logits.ColumnCount, temperatures);
                CheckRange(gradient, "gradient");
                return new SoftmaxGradientResponse(logits, losses: null, gradient);

            default:
                throw new RequestException(Problem.InvalidParameter, "Give either target, for the gradient of the cross-entropy, or upstream, for the vector-Jacobian product.");
        }
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

            if (float.IsNegativeInfinity(logits.Row(row)[index]))
            {
                throw new RequestException(Problem.InvalidParameter, $"{place} is {index}, but {logits.Place(row)}[{index}] is masked; its loss is infinite.");
            }
        }
    }

    private static void CheckUpstream(FloatRows upstream, FloatRows logits)
    {
        if (upstream.RowCount != logits.RowCount || upstream.IsMatrix != logits.IsMatrix || upstream.Values.Length != logits.Values.Length)
        {
            throw new RequestException(Problem.InvalidParameter, "upstream has another shape than logits; it holds one number for each of them.");
        }
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
    [JsonConverter(typeof(LogitRowsConverter))]
    public required FloatRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    public TargetRows? Target { get; init; }

    [JsonConverter(typeof(UpstreamRowsConverter))]
    public FloatRows? Upstream { get; init; }
}

/// <summary>The class that is right: a number, or an array with one for each row.</summary>
[JsonConverter(typeof(TargetRowsConverter))]
internal sealed record TargetRows(int[] Values, bool IsArray);

internal sealed class TargetRowsConverter() : ClassIndicesConverter("target", "a target is the index of a class, a whole number from 0");

/// <summary>As a target, by the name that calibration data has for it.</summary>
internal sealed class LabelIndicesConverter() : ClassIndicesConverter("labels", "a label is the index of the right class, a whole number from 0");

internal abstract class ClassIndicesConverter(string name, string requirement) : JsonConverter<TargetRows>
{
    public override TargetRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new TargetRows([ReadOne(ref reader, name)], IsArray: false);
        }

        var values = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(ReadOne(ref reader, $"{name}[{values.Count}]"));
        }

        return new TargetRows([.. values], IsArray: true);
    }

    public override void Write(Utf8JsonWriter writer, TargetRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(TargetRows)} is only ever asked.");

    private int ReadOne(ref Utf8JsonReader reader, string place) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value)
            ? value
            : throw new RequestException(Problem.InvalidParameter, $"{place} is {JsonToken.Describe(ref reader)}; {requirement}.");
}
