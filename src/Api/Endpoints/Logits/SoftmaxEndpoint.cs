using System.Net.Mime;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary><c>POST /softmax</c>: logits in, probabilities out. It touches no model.</summary>
internal static class SoftmaxEndpoint
{
    private static readonly QueryParameter Classes = new("classes", "For a binary body: K, the length of a row; the whole body is one row unless said.", "It must be a whole number of at least 1.", JsonSchemaType.Integer) { Minimum = "1", Example = "3" };
    private static readonly QueryParameter Temperature = new("temperature", "For a binary body: T; 1 unless said.", TemperatureRows.Requirement, JsonSchemaType.Number) { ExclusiveMinimum = "0", Example = "2.5" };
    private static readonly QueryParameter[] Parameters = [Classes, Temperature];

    public static void MapSoftmax(this IEndpointRouteBuilder routes) => routes
        .MapPost("/softmax", AnswerAsync)
        .WithName("Softmax")
        .WithTags("Softmax")
        .WithSummary("Turns logits into probabilities")
        .WithDescription(
            "p_i = exp(z_i / T) / Σ_j exp(z_j / T), computed so that no finite logit and no temperature overflows. "
            + "Give one row, or many rows of the same length, with one temperature for all or one a row. The string \"-Infinity\" masks a class: its probability is exactly 0. "
            + "As application/octet-stream, rows are little-endian 32-bit floats, and the answer is too.")
        .Describe(SoftmaxDocumentation.Apply, Parameters)
        .Answers([Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidLabels, Problem.InvalidParameter, Problem.BodyTooLarge, Problem.TooManyLogits, Problem.AnswerTooLarge, Problem.UnsupportedMediaType, .. Problem.OfWork]);

    private static async Task<Results<SoftmaxResponse, BinaryRows>> AnswerAsync(HttpRequest request, ComputeGate gate, RequestJson json, LimitsOptions limits, CancellationToken cancellationToken)
    {
        var mediaType = MediaTypes.Of(request);
        if (mediaType == MediaTypeNames.Application.Octet)
        {
            return await AnswerBinaryAsync(request, gate, limits, cancellationToken);
        }

        if (!MediaTypes.IsJson(mediaType))
        {
            throw MediaTypes.Refuse(request, $"{MediaTypeNames.Application.Json} or {MediaTypeNames.Application.Octet}");
        }

        QueryParameter.RefuseUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var place = await gate.EnterAsync(cancellationToken);
        return Answer(json.Deserialize<SoftmaxRequest>(body, "logits"), limits);
    }

    private static SoftmaxResponse Answer(SoftmaxRequest request, LimitsOptions limits)
    {
        var logits = request.Logits;
        var temperatures = (request.Temperature ?? TemperatureRows.One).ForEachRow(logits);
        CheckLabels(request.Labels, logits);
        logits.RefuseFullyMasked();
        if (SoftmaxResponse.MostBytes(logits, request.TopK, request.Labels) > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(
                limits,
                $"The answer to {logits.RowCount} row(s) of {logits.ColumnCount} logits",
                "Ask for fewer rows at a time, for a smaller topK, or with shorter labels; as application/octet-stream, an answer has 4 bytes a logit.");
        }

        var probabilities = new float[logits.Values.Length];
        Softmax.ComputeRows(logits.Values, probabilities, logits.ColumnCount, temperatures);

        var logProbabilities = new float[logits.Values.Length];
        Softmax.ComputeLogRows(logits.Values, logProbabilities, logits.ColumnCount, temperatures);
        return new SoftmaxResponse(logits, temperatures, probabilities, logProbabilities, request.TopK, request.Labels);
    }

    private static async Task<BinaryRows> AnswerBinaryAsync(HttpRequest request, ComputeGate gate, LimitsOptions limits, CancellationToken cancellationToken)
    {
        QueryParameter.RefuseUnknown(request, Parameters);
        var temperature = Temperature.ReadNumber<float>(request, TemperatureRows.IsValid) ?? 1f;
        var declaredClasses = Classes.ReadCount(request);

        var body = await PooledBody.ReadAsync(request, cancellationToken);
        try
        {
            if (body.Memory.Length / sizeof(float) > limits.MaxLogitsPerRequest)
            {
                throw FloatRows.TooMany(limits.MaxLogitsPerRequest);
            }

            using var place = await gate.EnterAsync(cancellationToken);
            ComputeInPlace(body.Span, declaredClasses, temperature);
            return new BinaryRows(body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static void ComputeInPlace(Span<byte> rows, int? declaredClasses, float temperature)
    {
        var classCount = declaredClasses ?? Math.Max(1, rows.Length / sizeof(float));
        if (rows.IsEmpty || rows.Length % ((long)classCount * sizeof(float)) != 0)
        {
            throw new RequestException(
                Problem.InvalidLogits,
                $"The body has {rows.Length} bytes; it must hold one or more whole rows of {classCount} little-endian 32-bit float(s), {(long)classCount * sizeof(float)} bytes each.");
        }

        var values = MemoryMarshal.Cast<byte, float>(rows);
        Softmax.ComputeRows(values, values, classCount, temperature);
        for (var first = 0; first < values.Length; first += classCount)
        {
            if (float.IsNaN(values[first]))
            {
                throw new RequestException(Problem.InvalidLogits, $"Row {first / classCount} holds NaN or +Infinity, or is -Infinity throughout; it has no probabilities.");
            }
        }
    }

    private static void CheckLabels(string[]? labels, FloatRows logits)
    {
        if (labels is not null && labels.Length != logits.ColumnCount)
        {
            throw new RequestException(Problem.InvalidLabels, $"There are {labels.Length} labels for {logits.ColumnCount} classes; give one string for each class, or none at all.");
        }
    }
}

/// <summary>The JSON body of <c>POST /softmax</c>.</summary>
internal sealed record SoftmaxRequest
{
    public required LogitRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    [JsonConverter(typeof(TopKConverter))]
    public int? TopK { get; init; }

    [JsonConverter(typeof(LabelsConverter))]
    public string[]? Labels { get; init; }
}
