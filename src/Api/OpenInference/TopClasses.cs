using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using SoftmaxService.Api.Problems;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The classification extension: of each row the highest values as <c>value:index:label</c>, descending. Values are
/// written so that they read back as the same number; where a row has not one value a class, there is no label.
/// </summary>
internal static class TopClasses
{
    /// <summary>
    /// Ranks our own outputs by logit, which still tells classes apart whose probabilities have rounded to the same.
    /// </summary>
    public static byte[][] Of(
        ReadOnlySpan<float> values, ReadOnlySpan<float> logits, int rows, int topK, IReadOnlyList<string> labels)
    {
        var columns = values.Length / rows;
        var order = new int[Math.Min(topK, columns)];
        var texts = new byte[rows * order.Length][];
        for (var row = 0; row < rows; row++)
        {
            Ranking.TopK(logits.Slice(row * columns, columns), order);
            Write(values.Slice(row * columns, columns), order, labels, texts.AsSpan(row * order.Length));
        }

        return texts;
    }

    /// <summary>Ranks an output of the graph by its own values.</summary>
    public static byte[][] Of(
        TensorDatatype datatype, ReadOnlySpan<byte> values, int rows, int topK, IReadOnlyList<string> labels) =>
        datatype.Name switch
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
