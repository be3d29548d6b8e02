using System.Text;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// Makes the floats in front of a graph's <c>ZipMap</c> nodes outputs of the graph: a list of maps is no tensor, and
/// holds the same numbers.
/// </summary>
internal static class ZipMaps
{
    // One is usual. Every output costs memory in each run.
    private const int MaxOutputs = 8;

    // Fields of onnx.proto, with the wire type of messages and text.
    private const byte ModelGraph = (7 << 3) | 2;
    private const byte GraphOutput = (12 << 3) | 2;
    private const byte ValueName = (1 << 3) | 2;

    // ValueInfoProto.type, TypeProto.tensor_type, Tensor.elem_type: FLOAT, of any shape.
    private static readonly byte[] FloatTensor = [(2 << 3) | 2, 4, (1 << 3) | 2, 2, 1 << 3, 1];

    /// <summary>
    /// What to append to an ONNX file so that those floats are outputs. The parts of a message that occur twice in a
    /// protocol buffer are merged, and their lists joined, so that nothing in the file has to be changed. Empty if
    /// there is nothing to add.
    /// </summary>
    public static byte[] Appendix(GraphOutline graph)
    {
        var names = graph.Outputs.Select(graph.ProducerOf)
            .Where(node => node is { IsZipMap: true })
            .Select(node => node!.Inputs[0]) // not null: it is a ZipMap
            .Except(graph.Outputs, StringComparer.Ordinal)
            .Take(MaxOutputs);
        byte[] outputs =
        [
            .. names.SelectMany(name =>
                Message(GraphOutput, [.. Message(ValueName, Encoding.UTF8.GetBytes(name)), .. FloatTensor])),
        ];
        return outputs.Length == 0 ? [] : Message(ModelGraph, outputs);
    }

    private static byte[] Message(byte tag, byte[] content)
    {
        List<byte> bytes = [tag];
        var length = content.Length;
        for (; length > 0x7F; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        bytes.Add((byte)length);
        bytes.AddRange(content);
        return [.. bytes];
    }
}
