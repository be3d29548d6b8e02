using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>The most bytes that an answer of <c>POST /classify</c> may come to.</summary>
internal static class ClassifyAnswerSize
{
    // {"label":"","index":2147483647,"probability":…,"logit":…},
    private const int Prediction = 80;

    // {"predictions":[],"uncertainty":{"entropy":…,"margin":…,"energy":…},
    // "predictionSet":{…,"labels":[]},"abstained":false}, or the error of one image.
    private const int Image = 1024;

    /// <summary>Rejects a request whose answer could exceed the limit, and says what would not.</summary>
    public static void Check(ClassificationPlan plan, int images, LimitsOptions limits)
    {
        var labels = LabelSizes.Of(plan.Model);
        var limit = limits.MaxResponseBytes;
        var hasSet = plan.Quantile is not null;
        if (images * OfImage(plan.TopK) <= limit)
        {
            return;
        }

        var (classes, beyond) = (0, plan.TopK);
        while (beyond - classes > 1)
        {
            var middle = (classes + beyond) / 2;
            (classes, beyond) = images * OfImage(middle) <= limit ? (middle, beyond) : (classes, middle);
        }

        var fewer = limit / OfImage(plan.TopK);
        string?[] remedies =
        [
            classes > 0 ? $"a topK of at most {classes}" : null,
            fewer > 0 && images > 1 ? $"at most {fewer} images at a time" : null,
            hasSet ? "no prediction set (alpha)" : null,
        ];
        var possible = remedies.Where(remedy => remedy is not null).DefaultIfEmpty("fewer images");
        throw AnswerSize.TooLarge(
            limits,
            $"The answer to {images} image(s), with {plan.TopK} of {labels.Count} classes for each,",
            $"Ask for {string.Join(", or for ", possible)}.");

        long OfImage(int topK) =>
            Image + ((long)topK * Prediction) + labels.OfAny(topK) + (hasSet ? labels.OfAny(labels.Count) : 0);
    }
}
