using System.Net.Mime;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>
/// <c>POST /calibrate</c>: fits a temperature to labelled logits and measures what it changes. It touches no model and
/// keeps nothing.
/// </summary>
internal static class CalibrateEndpoint
{
    /// <summary>The key under which its gate is registered.</summary>
    public const string Gate = "calibrate";

    // Each costs one pass over all rows.
    private const int MaxAlphas = 100;

    public static void MapCalibrate(this IEndpointRouteBuilder routes)
    {
        routes.ServiceProvider.GetRequiredService<CalibrateMetrics>(); // measures from now on
        Map(routes);
    }

    private static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/calibrate", AnswerAsync)
        .WithName("Calibrate")
        .WithTags("Calibrate")
        .WithSummary("Fits a temperature to labelled logits")
        .WithDescription(
            "Send the logits of images that the model was not trained on, and their right classes. "
            + "The answer is what a model's `model.json` takes as its `calibration`: "
            + "the temperature that makes softmax(logits / T) most likely, how well calibrated the probabilities are "
            + "before and after, which classes are confused, and the quantiles and sizes of prediction sets. "
            + "For rows of probabilities or of their logarithms, set `kind`. "
            + "`warnings` lists what to know about the data before you trust the numbers; it is absent when there are "
            + "none. The service stores nothing.")
        .Describe(CalibrateDocumentation.Apply, [])
        .Answers(
        [
            Problem.MalformedJson,
            Problem.InvalidLogits,
            Problem.InvalidParameter,
            Problem.InvalidCalibrationData,
            Problem.CalibrationImpossible,
            Problem.BodyTooLarge,
            Problem.TooManyLogits,
            Problem.UnsupportedMediaType,
            .. Problem.CommonToAllWork,
        ]);

    /// <summary>
    /// A calibration may compute for seconds. Half of the cores, in a gate of its own, leave the others to requests
    /// that take milliseconds.
    /// </summary>
    public static void AddCalibrate(this IServiceCollection services)
    {
        services.AddKeyedSingleton(Gate, (_, _) => new ComputeGate(Math.Max(1, Environment.ProcessorCount / 2)));
        services.AddSingleton<CalibrateMetrics>();
    }

    private static async Task<Ok<ManifestCalibration>> AnswerAsync(
        HttpRequest request,
        [FromKeyedServices(Gate)] ComputeGate gate,
        RequestJson json,
        CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsJson(MediaTypes.Of(request)))
        {
            throw MediaTypes.Reject(request, MediaTypeNames.Application.Json);
        }

        QueryParameter.RejectUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        using var permit = await gate.EnterAsync(cancellationToken);

        // On a thread of its own: the pool has one per core at first, and adds others slowly.
        var calibration = await Task.Factory.StartNew(
            () => Answer(json.Deserialize<CalibrateRequest>(body, "logits and labels"), cancellationToken),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        return TypedResults.Ok(calibration);
    }

    private static ManifestCalibration Answer(CalibrateRequest request, CancellationToken cancellationToken)
    {
        if (!request.Logits.IsMatrix || !request.Labels.IsArray)
        {
            throw new RequestException(
                Problem.InvalidCalibrationData,
                "logits is an array of rows, [[1.5, 0.2], [0.1, 3]], and labels an array with the index of each "
                + "row's right class, [0, 1].");
        }

        var options = new CalibrationOptions();
        options = options with
        {
            Bins = request.Bins ?? options.Bins,
            Alphas = request.Alphas ?? PossibleAlphas(options.Alphas, request.Labels.Values.Length),
        };
        if (options.Bins is < 1 or > 1000
            || options.Alphas.Count > MaxAlphas
            || !options.Alphas.All(alpha => alpha is > 0 and < 1))
        {
            throw new RequestException(
                Problem.InvalidParameter,
                $"bins is a whole number from 1 to 1000, and alphas are at most {MaxAlphas} numbers above 0 and "
                + "below 1.");
        }

        var kind = request.Kind ?? OutputKind.Logits;
        var data = LabelledLogits.FromScores(
            request.Logits.Values, request.Labels.Values, request.Logits.ColumnCount, kind);
        if (kind == OutputKind.Logits)
        {
            RejectMaskedLabels(data);
        }

        return Calibrator.Calibrate(data, options, cancellationToken).ToManifest(dataset: null);
    }

    /// <summary>
    /// A right class that is masked has an infinite loss at any temperature, which JSON cannot express.
    /// </summary>
    private static void RejectMaskedLabels(LabelledLogits data)
    {
        for (var row = 0; row < data.Count; row++)
        {
            if (float.IsNegativeInfinity(data.Row(row)[data.LabelOf(row)]))
            {
                throw new RequestException(
                    Problem.InvalidCalibrationData,
                    $"labels[{row}] is {data.LabelOf(row)}, but logits[{row}][{data.LabelOf(row)}] is masked; "
                    + "a right class needs a number.");
            }
        }
    }

    /// <summary>
    /// The default α for which there are enough rows. An α that the request names is rejected instead.
    /// </summary>
    private static double[] PossibleAlphas(IReadOnlyList<double> alphas, int rowCount) =>
        [.. alphas.Where(alpha => (rowCount + 1) * alpha >= 1)];
}

/// <summary>The JSON body of <c>POST /calibrate</c>.</summary>
internal sealed record CalibrateRequest
{
    public required LogitRows Logits { get; init; }

    [JsonConverter(typeof(LabelIndicesConverter))]
    public required TargetRows Labels { get; init; }

    /// <summary>What the numbers in <see cref="Logits"/> are; defaults to logits.</summary>
    [JsonConverter(typeof(ScoreKindConverter))]
    public OutputKind? Kind { get; init; }

    public int? Bins { get; init; }

    public double[]? Alphas { get; init; }
}
