using System.Diagnostics;
using System.Globalization;
using SoftmaxService.Cli.Data;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Models;

/// <summary>
/// Runs a model on every image of a set, one by one, as the service would; keeps the logits, not the images.
/// </summary>
internal static class ModelRun
{
    /// <summary>How many of the wrongly classified images are kept for the report.</summary>
    public const int MostMistakes = 12;

    /// <param name="model">The model to run.</param>
    /// <param name="images">The data set.</param>
    /// <param name="selection">Which of its images.</param>
    /// <param name="temperature">The T at which a mistake's confidence is judged.</param>
    /// <param name="progress">Told of the images done.</param>
    /// <param name="cancellationToken">Stops between two images.</param>
    /// <exception cref="DataException">An image cannot be read, or the model has no finite answer to it.</exception>
    public static ScoredSet Score(
        ClassifierModel model,
        IImageSet images,
        Selection selection,
        float temperature,
        Action<int> progress,
        CancellationToken cancellationToken)
    {
        var plan = new ClassificationPlan(model, new ClassificationOptions { Temperature = temperature });
        var count = selection.Count;
        var logits = new float[checked(count * model.ClassCount)];
        var labels = new int[count];
        var sources = new string[count];
        var milliseconds = new double[count];
        var mistakes = new PriorityQueue<(int Image, byte[] Encoded), float>();

        var (done, rounded) = (0, 0);
        foreach (var image in images.Read(selection))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (done == 0)
            {
                // Else the first image would always be the slowest.
                _ = Classify(plan, image);
            }

            var start = Stopwatch.GetTimestamp();
            var answer = Classify(plan, image);
            milliseconds[done] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

            foreach (var prediction in answer.Predictions)
            {
                logits[(done * model.ClassCount) + prediction.Index] = prediction.Logit;
            }

            (labels[done], sources[done]) = (image.Label, image.Source);
            rounded += IsRoundedToZero(model, answer, image.Label) ? 1 : 0;
            if (answer.Predictions[0].Index != image.Label && image.Label >= 0)
            {
                mistakes.Enqueue((done, image.Encoded), answer.Predictions[0].Probability);
                if (mistakes.Count > MostMistakes)
                {
                    mistakes.Dequeue();
                }
            }

            progress(++done);
        }

        return new ScoredSet(images.Name, model.Labels, logits, labels)
        {
            Sources = sources,
            Milliseconds = milliseconds,
            Warnings = rounded == 0 ? [] : [Warning(rounded, done)],
            MistakenImages = mistakes.UnorderedItems.ToDictionary(
                item => item.Element.Image,
                item => item.Element.Encoded),
        };
    }

    /// <summary>Whether the output was too coarse to tell the right class's probability from 0.</summary>
    private static bool IsRoundedToZero(ClassifierModel model, Classification answer, int label) =>
        model.RoundedToZero is { } bound
        && label >= 0
        && answer.Predictions.First(one => one.Index == label).Logit <= Math.Log(bound) + 1e-3;

    private static string Warning(int rounded, int count) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"For {rounded} of {count} images the model's output rounds the right class's probability to 0. The "
                + $"output cannot represent how far below it was, and a temperature that is fitted to it is likely too "
                + $"low; export the model with its logits to calibrate it well.");

    private static Classification Classify(ClassificationPlan plan, LabelledImage image)
    {
        try
        {
            return ImageClassifier.Classify(plan, image.Encoded);
        }
        catch (InferenceException exception)
        {
            throw new DataException($"{image.Source}: {exception.Message}", exception);
        }
    }
}
