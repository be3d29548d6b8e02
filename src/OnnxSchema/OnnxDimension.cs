using Onnx;

namespace SoftmaxService.OnnxSchema;

/// <summary>
/// One dimension of an input or output: a number, a name such as <c>batch</c>, or (<c>default</c>) nothing known at
/// all.
/// </summary>
public readonly record struct OnnxDimension
{
    private readonly long? _size;
    private readonly string? _name;

    private OnnxDimension(long? size, string? name) => (_size, _name) = (size, name);

    /// <summary>A fixed dimension.</summary>
    public static implicit operator OnnxDimension(long size) => new(size, null);

    /// <summary>A dimension that is known at run time; equal names are equal sizes.</summary>
    public static implicit operator OnnxDimension(string name) => new(null, name);

    internal TensorShapeProto.Types.Dimension ToProto()
    {
        var dimension = new TensorShapeProto.Types.Dimension();
        if (_size is { } size)
        {
            dimension.DimValue = size;
        }
        else if (_name is { } name)
        {
            dimension.DimParam = name;
        }

        return dimension;
    }
}
