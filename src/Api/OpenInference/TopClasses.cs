using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The classification extension: the highest values of each row as <c>value:index:label</c>, descending. A value is
/// written so that it reads back as the same number. There is no label where a row does not have one value for each
/// class.
/// </summary>
internal static class TopClasses
{
    /// <summary>Formats an output that the service computes, whose ranking is in the answer.</summary>
    /// <param name="values">The logits or the probabilities, row after row.</param>
    /// <param name="answer">The answer that they are part of.</param>
    /// <param name="topK">How many of each row, at most as many as are ranked.</param>
    /// <param name="labels">One name for each class.</param>
    public static byte[][] Of(
        ReadOnlySpan<float> values, TensorAnswer answer, int topK, IReadOnlyList<string> labels)
    {
        var columns = answer.ClassCount;
        var count = Math.Min(topK, columns);
        var ranked = answer.Ranking.Length / answer.Count;
        var texts = new byte[answer.Count * count][];
        for (var row = 0; row < answer.Count; row++)
        {
            var order = answer.Ranking.AsSpan(row * ranked, count);
            Write(values.Slice(row * columns, columns), order, labels, texts.AsSpan(row * count));
        }

        return texts;
    }

    /// <summary>Ranks an output of the graph by its own values.</summary>
    public static byte[][] Of(
        TensorDatatype datatype,
        ReadOnlySpan<byte> values,
        int rows,
        int topK,
        IReadOnlyList<string> labels) => datatype.Name switch
        {
            "FP32" => Of<float>(values, rows, topK, labels),
            "FP64" => Of<double>(values, rows, topK, labels),
            "FP16" => Of<Half>(values, rows, topK, labels),
            "UINT8" => Of<byte>(values, rows, topK, labels),
            "UINT16" => Of<ushort>(values, rows, topK, labels),
            "UINT32" => Of<uint>(values, rows, topK, labels),
            "UINT64" => Of<ulong>(values, rows, topK, labels),
            "INT8" => Of<sbyte>(values, rows, topK, labels),
            "INT16" => Of<short>(values, rows, topK, labels),
            "INT32" => Of<int>(values, rows, topK, labels),
            "INT64" => Of<long>(values, rows, topK, labels),
            _ => throw new RequestException(
                Problem.BadRequest,
                $"An output of {datatype.Name} cannot be ranked; {InferParameters.Classification} is for numbers."),
        };

    private static byte[][] Of<T>(ReadOnlySpan<byte> bytes, int rows, int topK, IReadOnlyList<string> labels)
        where T : unmanaged, INumber<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        var columns = values.Length / rows;
        var count = Math.Min(topK, columns);
        var texts = new byte[rows * count][];
        for (var row = 0; row < rows; row++)
        {
            var scores = values.Slice(row * columns, columns).ToArray();
            int[] order = [.. Enumerable.Range(0, columns).OrderByDescending(index => scores[index]).Take(count)];
            Write<T>(scores, order, labels, texts.AsSpan(row * count));
        }

        return texts;
    }

    private static void Write<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<int> order, IReadOnlyList<string> labels, Span<byte[]> texts)
        where T : INumber<T>
    {
        for (var rank = 0; rank < order.Length; rank++)
        {
            var index = order[rank];
            var text = string.Create(CultureInfo.InvariantCulture, $"{values[index]}:{index}");
            texts[rank] = Encoding.UTF8.GetBytes(labels.Count == values.Length ? $"{text}:{labels[index]}" : text);
        }
    }
}
