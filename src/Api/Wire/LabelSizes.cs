using System.Runtime.CompilerServices;
using System.Text.Json;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Wire;

/// <summary>The most bytes that labels come to in JSON, for <see cref="AnswerSize"/>.</summary>
internal sealed class LabelSizes
{
    private const int Quotes = 3; // with the comma

    // Beside the model, which knows nothing of JSON: sorting its labels for each request would take longer than its
    // softmax. An entry goes with its model, and a model's labels never change.
    private static readonly ConditionalWeakTable<ClassifierModel, LabelSizes> Known = [];

    // The bytes of the k longest labels together, from k = 0.
    private readonly long[] _longest;

    private LabelSizes(IReadOnlyList<string> labels)
    {
        var lengths = labels.Select(LengthOf).OrderDescending().ToArray();
        _longest = new long[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++)
        {
            _longest[i + 1] = _longest[i] + lengths[i];
        }
    }

    /// <summary>How many labels there are.</summary>
    public int Count => _longest.Length - 1;

    public static LabelSizes Of(ClassifierModel model) =>
        Known.GetValue(model, static model => new LabelSizes(model.Labels));

    public static LabelSizes Of(IReadOnlyList<string> labels) => new(labels);

    /// <summary>
    /// Upper bound in bytes for any <paramref name="count"/> of the labels; for all of them where it is more.
    /// </summary>
    public long OfAny(int count) => _longest[Math.Min(count, Count)];

    private static long LengthOf(string label) => Quotes + (label.All(char.IsAsciiLetterOrDigit)
        ? label.Length
        : JsonEncodedText.Encode(label).EncodedUtf8Bytes.Length); // with more escapes than some writers make
}
