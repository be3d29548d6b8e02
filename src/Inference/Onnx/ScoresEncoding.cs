namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// How an output represents its scores: as floats, or as bytes of which each stands for
/// <c>(byte − zero point) · scale</c>.
/// </summary>
/// <param name="Element">The output's element type.</param>
/// <param name="Scale">The scale of bytes; 1 for floats.</param>
/// <param name="ZeroPoint">The byte that stands for 0; 0 for floats.</param>
internal sealed record ScoresEncoding(TensorElementType Element, float Scale = 1f, float ZeroPoint = 0f)
{
    // Nodes between the quantizer and the output, such as a reshape.
    private const int MaxNodes = 64;

    /// <summary>Whether the output is an array of 32-bit floats, which are read where they are.</summary>
    public bool IsPlain => Element == TensorElementType.Float32;

    /// <summary>
    /// The encoding of an output; null if it cannot hold scores: integers, and bytes whose scale the graph does not
    /// show.
    /// </summary>
    public static ScoresEncoding? Of(GraphOutline graph, OnnxTensorInfo output) =>
        TensorElements.Named(output.ElementType) switch
        {
            TensorElementType.Float32 => new ScoresEncoding(TensorElementType.Float32),
            TensorElementType.Float16 => new ScoresEncoding(TensorElementType.Float16),
            TensorElementType.Float64 => new ScoresEncoding(TensorElementType.Float64),
            TensorElementType.UInt8 or TensorElementType.Int8 => OfBytes(graph, output),
            _ => null,
        };

    /// <summary>Converts the elements of a tensor to scores.</summary>
    public float[] Decode(ReadOnlySpan<byte> elements)
    {
        var scores = new float[elements.Length / TensorElements.SizeOf(Element)];
        Decode(elements, scores);
        return scores;
    }

    /// <inheritdoc cref="Decode(ReadOnlySpan{byte})"/>
    public void Decode(ReadOnlySpan<byte> elements, Span<float> scores)
    {
        TensorElements.Decode(elements, Element, scores);
        if (Scale != 1f || ZeroPoint != 0f)
        {
            foreach (ref var score in scores)
            {
                score = (score - ZeroPoint) * Scale;
            }
        }
    }

    /// <summary>Converts scores back to the elements that they were read from.</summary>
    public byte[] Encode(ReadOnlySpan<float> scores)
    {
        var elements = new byte[scores.Length * TensorElements.SizeOf(Element)];
        if (Scale == 1f && ZeroPoint == 0f)
        {
            TensorElements.Encode(scores, Element, elements);
            return elements;
        }

        var steps = new float[scores.Length];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = (scores[i] / Scale) + ZeroPoint;
        }

        TensorElements.Encode(steps, Element, elements);
        return elements;
    }

    private static ScoresEncoding? OfBytes(GraphOutline graph, OnnxTensorInfo output)
    {
        var name = output.Name;
        for (var nodes = 0; nodes < MaxNodes && graph.ProducerOf(name) is { HasOnnxDomain: true } node; nodes++)
        {
            if (graph.FunctionOf(node) is not null)
            {
                return null;
            }

            if (node is not
                {
                    OpType: "Identity" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Transpose",
                    Inputs: [var input, ..],
                })
            {
                return OfQuantizer(graph, node, TensorElements.Named(output.ElementType)!.Value); // it is one of two
            }

            name = input;
        }

        return null;
    }

    private static ScoresEncoding? OfQuantizer(GraphOutline graph, GraphNode node, TensorElementType element)
    {
        // Which input holds the scale of the result; the next one holds the zero point.
        int? position = node.OpType switch
        {
            "QuantizeLinear" => 1,
            "QLinearSoftmax" or "QLinearGlobalAveragePool" => 3,
            "QLinearMatMul" or "QLinearConv" or "QLinearAdd" => 6,
            "QGemm" => 7,
            _ => null,
        };
        if (position is not { } index || node.Inputs.Count <= index)
        {
            return null;
        }

        var zeroName = node.Inputs.ElementAtOrDefault(index + 1) ?? "";
        var scale = (float?)graph.ConstantOf(node.Inputs[index]);
        var zeroPoint = zeroName.Length == 0 ? 0f : (float?)graph.ConstantOf(zeroName);
        return scale is > 0 and < float.PositiveInfinity && zeroPoint is >= -128 and <= 255
            ? new ScoresEncoding(element, scale.Value, zeroPoint.Value)
            : null;
    }
}
