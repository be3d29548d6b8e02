using System.Net.Mime;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// <c>POST /softmax/gradient</c>: the derivative of the softmax, or of its cross-entropy, by each logit. It touches no
/// model.
/// </summary>
internal static class SoftmaxGradientEndpoint
{
    private const string Needed = "logits";

    public static void MapSoftmaxGradient(this IEndpointRouteBuilder routes) => routes
        .MapPost("/softmax/gradient", AnswerAsync)
        .WithName("SoftmaxGradient")
        .WithTags("Softmax")
        .WithSummary("Differentiates the softmax")
        .WithDescription(
            "With a target class t for each row: the cross-entropy −ln p_t, and its gradient (p_i − [i = t]) / T. "
            + "With an upstream gradient g for each class: the vector-Jacobian product p_i (g_i − Σ_j g_j p_j) / T. "
            + "Give one of the two. The string \"-Infinity\" masks a class: its gradient is exactly 0.")
        .Describe(SoftmaxGradientDocumentation.Apply, [])
        .Answers(
        [
            Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidParameter,
            Problem.BodyTooLarge, Problem.TooManyLogits, Problem.AnswerTooLarge, Problem.UnsupportedMediaType,
            .. Problem.CommonToAllWork,
        ]);

    private static async Task<SoftmaxGradientResponse> AnswerAsync(
        HttpRequest request,
        ComputeGate gate,
        [FromKeyedServices(LogitsCost.LargeGate)] ComputeGate largeGate,
        RequestJson json,
        LimitsOptions limits,
        CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsJson(MediaTypes.Of(request)))
        {
            throw MediaTypes.Reject(request, MediaTypeNames.Application.Json);
        }

        QueryParameter.RejectUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        if (LogitsCost.IsLongJson(body))
        {
            return await AnswerLongAsync(body, largeGate, json, limits, cancellationToken);
        }

        using var permit = await gate.EnterAsync(cancellationToken);
        return Answer(json.Deserialize<SoftmaxGradientRequest>(body, Needed), limits, largeGate: null);
    }

    private static async Task<SoftmaxGradientResponse> AnswerLongAsync(
        PooledBody body,
        ComputeGate largeGate,
        RequestJson json,
        LimitsOptions limits,
        CancellationToken cancellationToken)
    {
        using var permit = await largeGate.EnterAsync(cancellationToken);
        return await OwnThread.RunAsync(
            () => Answer(json.Deserialize<SoftmaxGradientRequest>(body, Needed), limits, largeGate));
    }

    private static SoftmaxGradientResponse Answer(
        SoftmaxGradientRequest request, LimitsOptions limits, ComputeGate? largeGate)
    {
        var logits = request.Logits;
        var temperatures = (request.Temperature ?? TemperatureRows.One).ForEachRow(logits);
        logits.RejectFullyMasked();
        SoftmaxGradientResponse.CheckSize(logits, limits);
        return request switch
        {
            { Target: { } target, Upstream: null } => AnswerTargets(logits, temperatures, target, largeGate),
            { Target: null, Upstream: { } upstream } => AnswerUpstream(logits, temperatures, upstream, largeGate),
            _ => throw new RequestException(
                Problem.InvalidParameter,
                "Give either target, for the gradient of the cross-entropy, "
                + "or upstream, for the vector-Jacobian product."),
        };
    }

    /// <summary>
    /// The gradient replaces the logits: what an unread answer holds is then covered by what was reserved for its body.
    /// </summary>
    private static SoftmaxGradientResponse AnswerTargets(
        FloatRows logits, float[] temperatures, TargetRows targets, ComputeGate? largeGate)
    {
        CheckTargets(targets, logits);
        var losses = new float[logits.RowCount];
        var gradient = logits.Values;
        Softmax.CrossEntropyRows(gradient, targets.Values, losses, gradient, logits.ColumnCount, temperatures);
        CheckRange(losses, "loss");
        CheckRange(gradient, "gradient");
        return new SoftmaxGradientResponse(logits, losses, gradient, largeGate);
    }

    private static SoftmaxGradientResponse AnswerUpstream(
        FloatRows logits, float[] temperatures, FloatRows upstream, ComputeGate? largeGate)
    {
        CheckUpstream(upstream, logits);
        var gradient = logits.Values;
        Softmax.GradientRows(gradient, upstream.Values, gradient, logits.ColumnCount, temperatures);
        CheckRange(gradient, "gradient");
        return new SoftmaxGradientResponse(logits, losses: null, gradient, largeGate);
    }

    private static void CheckTargets(TargetRows targets, FloatRows logits)
    {
        if (targets.Values.Length != logits.RowCount || targets.IsArray != logits.IsMatrix)
        {
            throw new RequestException(
                Problem.InvalidParameter,
                $"There are {targets.Values.Length} targets for {logits.RowCount} row(s) of logits; "
                + "give a number for one row, or an array with one for each row of several.");
        }

        for (var row = 0; row < logits.RowCount; row++)
        {
            var path = targets.IsArray ? $"target[{row}]" : "target";
            var index = targets.Values[row];
            if (index < 0 || index >= logits.ColumnCount)
            {
                throw new RequestException(
                    Problem.InvalidParameter,
                    $"{path} is {index}; a target is the index of a class, 0 to {logits.ColumnCount - 1}.");
            }

            if (float.IsNegativeInfinity(logits.Row(row)[index]))
            {
                throw new RequestException(
                    Problem.InvalidParameter,
                    $"{path} is {index}, but {logits.PathOf(row)}[{index}] is masked; its loss is infinite.");
            }
        }
    }

    private static void CheckUpstream(FloatRows upstream, FloatRows logits)
    {
        if (upstream.RowCount != logits.RowCount
            || upstream.IsMatrix != logits.IsMatrix
            || upstream.Values.Length != logits.Values.Length)
        {
            throw new RequestException(
                Problem.InvalidParameter,
                "upstream has another shape than logits; it holds one number for each of them.");
        }
    }

    private static void CheckRange(float[] results, string name)
    {
        if (!Array.TrueForAll(results, float.IsFinite))
        {
            throw new RequestException(
                Problem.InvalidTemperature,
                $"At this temperature the {name} leaves the range of a 32-bit float; it grows with 1 / T.");
        }
    }
}
