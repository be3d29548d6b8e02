namespace SoftmaxService.Inference.Arrays;

/// <summary>Brings elements into C order and the little-endian order of bytes.</summary>
internal static class ElementOrder
{
    /// <summary>The elements in the order of a <see cref="NumpyArray"/>; the input may be changed.</summary>
    public static byte[] Normalize(byte[] data, NpyHeader header)
    {
        var size = NumpyElements.SizeOf(header.ElementType);
        if (header.IsBigEndian && size > 1)
        {
            for (var start = 0; start < data.Length; start += size)
            {
                data.AsSpan(start, size).Reverse();
            }
        }

        return header.IsFortranOrder && header.Shape.Count(axis => axis > 1) > 1
            ? FromFortran(data, header.Shape, size)
            : data;
    }

    /// <summary>In Fortran order, the first axis varies fastest.</summary>
    private static byte[] FromFortran(byte[] data, int[] shape, int size)
    {
        var strides = new int[shape.Length];
        for (var (axis, stride) = (0, size); axis < shape.Length; axis++)
        {
            (strides[axis], stride) = (stride, stride * shape[axis]);
        }

        var sorted = new byte[data.Length];
        var index = new int[shape.Length];
        for (var (to, from) = (0, 0); to < sorted.Length; to += size)
        {
            data.AsSpan(from, size).CopyTo(sorted.AsSpan(to));
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                from -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        return sorted;
    }
}
