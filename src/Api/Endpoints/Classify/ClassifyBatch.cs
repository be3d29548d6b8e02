using System.Text.Json;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>
/// Sends a <see cref="ClassifyBatchResponse"/> as its results come: memory holds those of one run, however many images there are. A fault before the first
/// of them is answered as any other; after that only the end of the connection can tell of one.
/// </summary>
internal static class ClassifyBatch
{
    private const int PredictionsBetweenChecks = 256;

    public static async Task SendAsync(
        HttpResponse response,
        ClassifierModel model,
        AppliedTemperature temperature,
        IAsyncEnumerable<IReadOnlyList<ClassificationOutcome>> outcomes,
        CancellationToken cancellation)
    {
        await using var some = outcomes.GetAsyncEnumerator(cancellation);
        await some.MoveNextAsync(); // there is at least one image

        response.ContentType = PooledJson.ContentType;
        await response.StartAsync(cancellation);
        await using var writer = new Utf8JsonWriter(response.BodyWriter, PooledJson.Options);
        writer.WriteStartObject();
        writer.WriteString("model"u8, model.Name);
        writer.WriteString("version"u8, model.Version);
        writer.WritePropertyName("temperature"u8);
        JsonSerializer.Serialize(writer, temperature, ClassifyJsonContext.Default.AppliedTemperature);
        writer.WriteStartArray("results"u8);
        do
        {
            foreach (var outcome in some.Current)
            {
                await WriteAsync(writer, response, outcome);
            }
        }
        while (await some.MoveNextAsync());

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static async ValueTask WriteAsync(Utf8JsonWriter writer, HttpResponse response, ClassificationOutcome outcome)
    {
        writer.WriteStartObject();
        if (outcome.Answer is { } answer)
        {
            writer.WriteStartArray("predictions"u8);
            for (var rank = 0; rank < answer.Predictions.Count; rank++)
            {
                ClassifyJson.Write(writer, answer.Predictions[rank]);
                if (rank % PredictionsBetweenChecks == 0)
                {
                    await RowsAnswer.FlushWhenFullAsync(writer, response);
                }
            }

            writer.WriteEndArray();
            ClassifyJson.WriteRest(writer, answer.Uncertainty, answer.PredictionSet, answer.Abstained);
        }
        else
        {
            var (problem, detail) = ProblemExceptionHandler.Describe(outcome.Fault!); // an outcome without an answer has a fault
            writer.WritePropertyName("error"u8);
            JsonSerializer.Serialize(
                writer, new ClassifyBatchError(problem.Code, problem.Status, problem.Title, detail), ClassifyJsonContext.Default.ClassifyBatchError);
        }

        writer.WriteEndObject();
        await RowsAnswer.FlushWhenFullAsync(writer, response);
    }
}
