using System.Diagnostics;
using SoftmaxService.Cli.Data;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Models;

/// <summary>Asks a model about every image of a set, one by one, as the service would; keeps the logits and forgets the images.</summary>
internal static class ModelRun
{
    /// <summary>How many of the wrongly classified images are kept for the report.</summary>
    public const int MostMistakes = 12;

    /// <param name="model">The model that is asked.</param>
    /// <param name="images">The data set.</param>
    /// <param name="selection">Which of its images.</param>
    /// <param name="temperature">The T at which a mistake's confidence is judged.</param>
    /// <param name="progress">Told of the images done.</param>
    /// <param name="cancellation">Stops between two images.</param>
    /// <exception cref="DataException">An image cannot be read, or the model has no finite answer to it.</exception>
    public static ScoredSet Score(ClassifierModel model, IImageSet images, Selection selection, float temperature, Action<int> progress, CancellationToken cancellation)
    {
        var options = new ClassificationOptions { Temperature = temperature };
        var count = selection.Count;
        var logits = new float[checked(count * model.ClassCount)];
        var labels = new int[count];
        var sources = new string[count];
        var milliseconds = new double[count];
        var mistakes = new PriorityQueue<(int Image, byte[] Encoded), float>();

        var done = 0;
        foreach (var image in images.Read(selection))
        {
            cancellation.ThrowIfCancellationRequested();
            if (done == 0)
            {
                // Else the first image would always be the slowest.
                _ = Classify(model, image, options);
            }

            var start = Stopwatch.GetTimestamp();
            var answer = Classify(model, image, options);
            milliseconds[done] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

            foreach (var prediction in answer.Predictions)
            {
                logits[(done * model.ClassCount) + prediction.Index] = prediction.Logit;
            }

            (labels[done], sources[done]) = (image.Label, image.Source);
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
            MistakenImages = mistakes.UnorderedItems.ToDictionary(item => item.Element.Image, item => item.Element.Encoded),
        };
    }

    private static Classification Classify(ClassifierModel model, LabelledImage image, ClassificationOptions options)
    {
        try
        {
            return ImageClassifier.Classify(model, image.Encoded, options);
        }
        catch (InferenceException exception)
        {
            throw new DataException($"{image.Source}: {exception.Message}", exception);
        }
    }
}
