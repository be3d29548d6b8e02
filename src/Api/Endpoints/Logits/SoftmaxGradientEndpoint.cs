using System.Net.Mime;
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
        .Answers([Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidParameter, Problem.BodyTooLarge, Problem.TooManyLogits, Problem.AnswerTooLarge, Problem.UnsupportedMediaType, .. Problem.OfWork]);

    private static async Task<SoftmaxGradientResponse> AnswerAsync(HttpRequest request, ComputeGate gate, RequestJson json, LimitsOptions limits, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsJson(MediaTypes.Of(request)))
        {
            throw MediaTypes.Refuse(request, MediaTypeNames.Application.Json);
        }

        QueryParameter.RefuseUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var place = await gate.EnterAsync(cancellationToken);
        return Answer(json.Deserialize<SoftmaxGradientRequest>(body, "logits"), limits);
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
    public required LogitRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    public TargetRows? Target { get; init; }

    public UpstreamRows? Upstream { get; init; }
}
