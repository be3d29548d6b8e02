using System.Text;
using Google.Protobuf;
using Onnx;
using AttributeType = Onnx.AttributeProto.Types.AttributeType;

namespace SoftmaxService.OnnxSchema;

/// <summary>The value of a node's attribute, made from a plain C# value.</summary>
public sealed class OnnxAttributeValue
{
    private readonly AttributeProto _proto;

    private OnnxAttributeValue(AttributeProto proto) => _proto = proto;

    /// <summary>An integer, as <c>axis</c>.</summary>
    public static implicit operator OnnxAttributeValue(long value) =>
        new(new() { Type = AttributeType.Int, I = value });

    /// <summary>Integers, as <c>kernel_shape</c>.</summary>
    public static implicit operator OnnxAttributeValue(long[] values)
    {
        var proto = new AttributeProto { Type = AttributeType.Ints };
        proto.Ints.AddRange(values);
        return new(proto);
    }

    /// <summary>A number, as <c>alpha</c>.</summary>
    public static implicit operator OnnxAttributeValue(float value) =>
        new(new() { Type = AttributeType.Float, F = value });

    /// <summary>A text, as <c>mode</c>.</summary>
    public static implicit operator OnnxAttributeValue(string value) =>
        new(new() { Type = AttributeType.String, S = ByteString.CopyFrom(value, Encoding.UTF8) });

    /// <summary>A tensor, as the <c>value</c> of a <c>Constant</c>.</summary>
    public static implicit operator OnnxAttributeValue(TensorProto value) =>
        new(new() { Type = AttributeType.Tensor, T = value });

    internal AttributeProto ToProto(string name)
    {
        var named = _proto.Clone();
        named.Name = name;
        return named;
    }
}
