using System.Runtime.CompilerServices;
using System.Text.Json;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// The most bytes that an answer may come to, and the rejection of a request whose answer would exceed
/// <see cref="LimitsOptions.MaxResponseBytes"/>, before any work is done for it.
/// </summary>
internal sealed class AnswerSize
{
    /// <summary>A float in JSON with its comma: <c>-1.17549435E-38,</c>.</summary>
    public const int Number = 16;

    /// <summary>A whole number in JSON with its comma.</summary>
    public const int WholeNumber = 21;

    // {"label":"","index":2147483647,"probability":…,"logit":…},
    private const int Prediction = 80;

    // {"predictions":[],"uncertainty":{"entropy":…,"margin":…,"energy":…},
    // "predictionSet":{…,"labels":[]},"abstained":false}, or the error of one image.
    private const int Image = 1024;
    private const int Quotes = 3;

    // Beside the model, which knows nothing of JSON: sorting its labels for each request would take longer than its
    // softmax. An entry goes with its model, and a model's labels never change.
    private static readonly ConditionalWeakTable<ClassifierModel, AnswerSize> Known = [];

    // The bytes of the k longest labels together, from k = 0.
    private readonly long[] _longest;

    private AnswerSize(IReadOnlyList<string> labels)
    {
        var lengths = labels.Select(LengthOf).OrderDescending().ToArray();
        _longest = new long[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++)
        {
            _longest[i + 1] = _longest[i] + lengths[i];
        }
    }

    public static AnswerSize Of(ClassifierModel model) =>
        Known.GetValue(model, static model => new AnswerSize(model.Labels));

    public static AnswerSize Of(IReadOnlyList<string> labels) => new(labels);

    public static RequestException TooLarge(LimitsOptions limits, string answer, string remedy) => new(
        Problem.AnswerTooLarge,
        $"{answer} would have more than {limits.MaxResponseBytes} bytes, the most that is sent (setting "
        + $"Limits:MaxResponseBytes). {remedy}");

    /// <summary>Rejects a request for classifications.</summary>
    public void Check(LimitsOptions limits, int images, int topK, bool hasSet)
    {
        var limit = limits.MaxResponseBytes;
        if (images * OfImage(topK, hasSet) <= limit)
        {
            return;
        }

        var (classes, beyond) = (0, Math.Min(topK, _longest.Length - 1));
        while (beyond - classes > 1)
        {
            var middle = (classes + beyond) / 2;
            (classes, beyond) = images * OfImage(middle, hasSet) <= limit ? (middle, beyond) : (classes, middle);
        }

        var fewer = limit / OfImage(topK, hasSet);
        string?[] remedies =
        [
            classes > 0 ? $"a topK of at most {classes}" : null,
            fewer > 0 && images > 1 ? $"at most {fewer} images at a time" : null,
            hasSet ? "no prediction set (alpha)" : null,
        ];
        var possible = remedies.Where(remedy => remedy is not null).DefaultIfEmpty("fewer images");
        throw TooLarge(
            limits,
            $"The answer to {images} image(s), with {Math.Min(topK, _longest.Length - 1)} of {_longest.Length - 1} "
            + "classes for each,",
            $"Ask for {string.Join(", or for ", possible)}.");
    }

    /// <summary>Upper bound in bytes for <paramref name="count"/> labels of a row's most probable classes.</summary>
    public long OfLabels(int count) => _longest[Math.Min(count, _longest.Length - 1)];

    private long OfImage(int topK, bool hasSet)
    {
        var classes = Math.Min(topK, _longest.Length - 1);
        return Image + ((long)classes * Prediction) + _longest[classes] + (hasSet ? _longest[^1] : 0);
    }

    private static long LengthOf(string label) => Quotes + (label.All(char.IsAsciiLetterOrDigit)
        ? label.Length
        : JsonEncodedText.Encode(label).EncodedUtf8Bytes.Length); // with more escapes than some writers make
}
