using System.Text.Json;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>
/// Sends a <see cref="ClassifyBatchResponse"/> while its results are computed: memory holds those of one run, however
/// many images there are. A fault before the first results is answered like any other; later, breaking off the response
/// is the only way left to report one.
/// </summary>
internal static class ClassifyBatch
{
    private const int PredictionsBetweenChecks = 256;

    public static async Task SendAsync(
        HttpResponse response,
        ClassificationPlan plan,
        IAsyncEnumerable<IReadOnlyList<ClassificationOutcome>> outcomes,
        CancellationToken cancellationToken)
    {
        await using var runs = outcomes.GetAsyncEnumerator(cancellationToken);
        await runs.MoveNextAsync(); // there is at least one image

        response.ContentType = PooledJson.ContentType;
        await response.StartAsync(cancellationToken);
        await using var writer = new Utf8JsonWriter(response.BodyWriter, PooledJson.Options);
        writer.WriteStartObject();
        ClassifyJson.WriteHeader(writer, plan);
        writer.WriteStartArray("results"u8);
        do
        {
            foreach (var outcome in runs.Current)
            {
                await WriteAsync(writer, response, outcome);
            }
        }
        while (await runs.MoveNextAsync());

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static async ValueTask WriteAsync(
        Utf8JsonWriter writer, HttpResponse response, ClassificationOutcome outcome)
    {
        writer.WriteStartObject();
        if (outcome.Answer is { } answer)
        {
            writer.WriteStartArray("predictions"u8);
            for (var rank = 0; rank < answer.Predictions.Count; rank++)
            {
                ClassifyJson.WritePrediction(writer, answer.Predictions[rank]);
                if (rank % PredictionsBetweenChecks == 0)
                {
                    await RowsAnswer.FlushWhenFullAsync(writer, response);
                }
            }

            writer.WriteEndArray();
            ClassifyJson.WriteRest(writer, answer);
        }
        else
        {
            var (problem, detail) = ProblemExceptionHandler.Describe(outcome.Fault!); // it has no answer
            var error = new ClassifyBatchError(problem.Code, problem.Status, problem.Title, detail);
            writer.WritePropertyName("error"u8);
            JsonSerializer.Serialize(writer, error, ClassifyJsonContext.Default.ClassifyBatchError);
        }

        writer.WriteEndObject();
        await RowsAnswer.FlushWhenFullAsync(writer, response);
    }
}
