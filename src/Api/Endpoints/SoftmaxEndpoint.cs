using System.Net.Mime;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using SoftmaxService.Api.Hosting;
using SoftmaxService.Api.Http;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Numerics;

namespace SoftmaxService.Api.Endpoints;

/// <summary><c>POST /softmax</c>: logits in, probabilities out. It touches no model.</summary>
internal static class SoftmaxEndpoint
{
    /// <summary>How many classes are ranked when the request does not say: a row of a million would triple its answer.</summary>
    private const int DefaultTopK = 100;

    private static readonly QueryParameter Classes = new("classes", "For a binary body: K, the length of a row; the whole body is one row unless said.", "It must be a whole number of at least 1.", JsonSchemaType.Integer) { Minimum = "1", Example = 3 };
    private static readonly QueryParameter Temperature = new("temperature", "For a binary body: T; 1 unless said.", TemperatureRows.Requirement, JsonSchemaType.Number) { ExclusiveMinimum = "0", Example = 2.0 };

    public static void MapSoftmax(this IEndpointRouteBuilder routes) => routes
        .MapPost("/softmax", AnswerAsync)
        .WithName("Softmax")
        .WithTags("Softmax")
        .WithSummary("Turns logits into probabilities")
        .WithDescription(
            "p_i = exp(z_i / T) / Σ_j exp(z_j / T), computed so that no finite logit and no temperature overflows. "
            + "Give one row, or many rows of the same length, with one temperature for all or one a row. The string \"-Infinity\" masks a class: its probability is exactly 0. "
            + "As application/octet-stream, rows are little-endian 32-bit floats, and the answer is too.")
        .Describe(SoftmaxDocumentation.Apply, [Classes, Temperature])
        .Produces<SoftmaxResponse>()
        .Answers(Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidLabels, Problem.InvalidParameter, Problem.BodyTooLarge, Problem.UnsupportedMediaType);

    private static async Task<Results<Ok<SoftmaxResponse>, FileContentHttpResult>> AnswerAsync(HttpRequest request, ComputeGate gate, CancellationToken cancellationToken)
    {
        var mediaType = MediaTypes.Of(request);
        if (mediaType == MediaTypeNames.Application.Octet)
        {
            return await AnswerBinaryAsync(request, gate, cancellationToken);
        }

        if (!MediaTypes.IsJson(mediaType))
        {
            throw MediaTypes.Refuse(request, $"{MediaTypeNames.Application.Json} or {MediaTypeNames.Application.Octet}");
        }

        QueryParameter.RefuseUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var place = await gate.EnterAsync(cancellationToken);
        return TypedResults.Ok(Answer(JsonSerializer.Deserialize(body.Span, ApiJsonContext.Default.SoftmaxRequest)
            ?? throw new RequestException(Problem.MalformedJson, "The body is null; it must be an object with a property logits.")));
    }

    private static SoftmaxResponse Answer(SoftmaxRequest request)
    {
        var logits = request.Logits;
        var temperatures = TemperatureOfEachRow(request.Temperature ?? TemperatureRows.One, logits);
        CheckLabels(request.Labels, logits);
        CheckTopK(request.TopK);

        var probabilities = new float[logits.Values.Length];
        Softmax.ComputeRows(logits.Values, probabilities, logits.ColumnCount, temperatures);
        RefuseFullyMasked(logits, probabilities);

        var logProbabilities = new float[logits.Values.Length];
        Softmax.ComputeLogRows(logits.Values, logProbabilities, logits.ColumnCount, temperatures);

        var ranked = new RankedClass[logits.RowCount][];
        var uncertainty = new Uncertainty[logits.RowCount];
        for (var row = 0; row < logits.RowCount; row++)
        {
            var answer = probabilities.AsSpan(row * logits.ColumnCount, logits.ColumnCount);
            ranked[row] = Rank(logits.Row(row), answer, request.TopK ?? DefaultTopK, request.Labels);
            uncertainty[row] = Uncertainty.Measure(logits.Row(row), answer, temperatures[row]);
        }

        return new SoftmaxResponse(
            logits.With(probabilities),
            logits.With(logProbabilities),
            new PerRow<RankedClass[]>(ranked, logits.IsMatrix),
            new PerRow<Uncertainty>(uncertainty, logits.IsMatrix));
    }

    private static async Task<FileContentHttpResult> AnswerBinaryAsync(HttpRequest request, ComputeGate gate, CancellationToken cancellationToken)
    {
        QueryParameter.RefuseUnknown(request, [Classes, Temperature]);
        var temperature = Temperature.ReadNumber(request, TemperatureRows.IsValid) ?? 1f;
        var declaredClasses = Classes.ReadCount(request);

        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var place = await gate.EnterAsync(cancellationToken);
        var classCount = declaredClasses ?? body.Span.Length / sizeof(float);
        if (body.Span.IsEmpty || body.Span.Length % ((long)classCount * sizeof(float)) != 0)
        {
            throw new RequestException(
                Problem.InvalidLogits,
                $"The body has {body.Span.Length} bytes; it must hold one or more whole rows of {classCount} little-endian 32-bit floats, {(long)classCount * sizeof(float)} bytes each.");
        }

        var answer = new byte[body.Span.Length];
        var logits = MemoryMarshal.Cast<byte, float>(body.Span);
        var probabilities = MemoryMarshal.Cast<byte, float>(answer.AsSpan());
        Softmax.ComputeRows(logits, probabilities, classCount, temperature);
        for (var first = 0; first < probabilities.Length; first += classCount)
        {
            if (float.IsNaN(probabilities[first]))
            {
                throw new RequestException(Problem.InvalidLogits, $"Row {first / classCount} holds NaN or +Infinity, or is -Infinity throughout; it has no probabilities.");
            }
        }

        return TypedResults.Bytes(answer, MediaTypeNames.Application.Octet);
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

    private static void CheckLabels(string[]? labels, FloatRows logits)
    {
        if (labels is not null && (labels.Length != logits.ColumnCount || Array.IndexOf(labels, null) >= 0))
        {
            throw new RequestException(Problem.InvalidLabels, $"There are {labels.Count(label => label is not null)} labels for {logits.ColumnCount} classes; give one string for each class, or none at all.");
        }
    }

    private static void CheckTopK(int? topK)
    {
        if (topK < 1)
        {
            throw new RequestException(Problem.InvalidParameter, $"topK is {topK}. It must be a whole number of at least 1.");
        }
    }

    private static void RefuseFullyMasked(FloatRows logits, float[] probabilities)
    {
        for (var row = 0; row < logits.RowCount; row++)
        {
            if (float.IsNaN(probabilities[row * logits.ColumnCount]))
            {
                throw new RequestException(Problem.InvalidLogits, $"{(logits.IsMatrix ? $"logits[{row}]" : "logits")} masks every class; at least one must be a number.");
            }
        }
    }

    private static RankedClass[] Rank(ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, int topK, string[]? labels)
    {
        var indices = new int[Math.Min(topK, logits.Length)];
        Ranking.TopK(logits, indices);

        var ranked = new RankedClass[indices.Length];
        for (var rank = 0; rank < ranked.Length; rank++)
        {
            var index = indices[rank];
            ranked[rank] = new RankedClass(labels?[index] ?? index.ToString(), index, probabilities[index]);
        }

        return ranked;
    }
}

/// <summary>The JSON body of <c>POST /softmax</c>.</summary>
internal sealed record SoftmaxRequest
{
    public required FloatRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    public int? TopK { get; init; }

    public string[]? Labels { get; init; }
}

/// <summary>The JSON answer of <c>POST /softmax</c>; each property is for one row or holds one entry a row, as the logits were.</summary>
internal sealed record SoftmaxResponse(
    FloatRows Probabilities,
    FloatRows LogProbabilities,
    [property: JsonConverter(typeof(RankedRowsConverter))] PerRow<RankedClass[]> Ranked,
    [property: JsonConverter(typeof(UncertaintyRowsConverter))] PerRow<Uncertainty> Uncertainty);
