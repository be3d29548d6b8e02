using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Separable resampling with antialiasing, in floating point. Skia's own samplers read a fixed neighbourhood,
/// at best from a mipmap of the nearest power of two, so they lose or smear detail when a photograph is reduced to a
/// model's size.
/// </summary>
internal static class Resampler
{
    /// <summary>Renders a window of the source onto a target of the same channels.</summary>
    public static void Resample(
        PixelBuffer source, Span<float> target, int targetWidth, in AxisWeights columns, int targetHeight,
        in AxisWeights rows)
    {
        target = target[..(targetWidth * targetHeight * source.Channels)];

        // Adding up whole rows is faster than adding short runs of pixels, and leaves fewer of the latter.
        if (source.Channels == 1 && targetHeight < source.Height)
        {
            ShrinkRowsFirst(source, target, targetWidth, columns, rows, rounds: false);
        }
        else
        {
            ShrinkColumnsFirst(source, target, targetWidth, columns, targetHeight, rows, rounds: false);
        }
    }

    /// <summary>
    /// As <see cref="Resample"/>, with values that are rounded and clamped to bytes after each of the two passes, as
    /// Pillow does: its picture between the passes has bytes too, which cuts off what a kernel with negative weights
    /// overshoots. It resizes the width first; of a picture that is stored on its side, that is the height.
    /// </summary>
    public static void ResampleBytes(
        PixelBuffer source, Span<float> target, int targetWidth, in AxisWeights columns, int targetHeight,
        in AxisWeights rows, bool rowsFirst)
    {
        target = target[..(targetWidth * targetHeight * source.Channels)];
        if (rowsFirst)
        {
            ShrinkRowsFirst(source, target, targetWidth, columns, rows, rounds: true);
        }
        else
        {
            ShrinkColumnsFirst(source, target, targetWidth, columns, targetHeight, rows, rounds: true);
        }

        RoundToBytes(target);
    }

    /// <summary>Rounds to whole numbers in 0…255, halves upwards.</summary>
    public static void RoundToBytes(Span<float> values)
    {
        var i = 0;
        var (half, most) = (new Vector<float>(0.5f), new Vector<float>(255f));
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var rounded = Vector.Floor(new Vector<float>(values[i..]) + half);
            Vector.Min(Vector.Max(rounded, Vector<float>.Zero), most).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            values[i] = Math.Clamp(MathF.Floor(values[i] + 0.5f), 0f, 255f);
        }
    }

    private static void ShrinkColumnsFirst(
        PixelBuffer source, Span<float> target, int targetWidth, in AxisWeights columns, int targetHeight,
        in AxisWeights rows, bool rounds)
    {
        var channels = source.Channels;
        var rowLength = targetWidth * channels;
        target.Clear();

        var rented = ArrayPool<float>.Shared.Rent(rowLength + (channels == 1 ? source.Width : 0));
        var shrunk = rented.AsSpan(0, rowLength);
        var widened = rented.AsSpan(rowLength);
        var first = 0;
        for (var y = rows.Start(0); y < source.Height && first < targetHeight; y++)
        {
            while (first < targetHeight && rows.End(first) <= y)
            {
                first++;
            }

            if (first == targetHeight || rows.Start(first) > y)
            {
                continue;
            }

            if (channels == 1)
            {
                ShrinkGrayRow(source.Row(y), widened, shrunk, columns);
            }
            else
            {
                ShrinkColorRow(source.Row(y), shrunk, columns);
            }

            if (rounds)
            {
                RoundToBytes(shrunk);
            }

            for (var i = first; i < targetHeight && rows.Start(i) <= y; i++)
            {
                if (y < rows.End(i))
                {
                    MultiplyAdd(shrunk, rows.Weights(i)[y - rows.Start(i)], target.Slice(i * rowLength, rowLength));
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static void ShrinkRowsFirst(
        PixelBuffer source, Span<float> target, int targetWidth, in AxisWeights columns, in AxisWeights rows,
        bool rounds)
    {
        var channels = source.Channels;
        var left = columns.Start(0);
        var width = columns.End(targetWidth - 1) - left;
        var rented = ArrayPool<float>.Shared.Rent(Math.Max(width * channels, 1));
        var sums = rented.AsSpan(0, width * channels);
        for (var i = 0; !target.IsEmpty; i++, target = target[(targetWidth * channels)..])
        {
            sums.Clear();
            var weights = rows.Weights(i);
            for (var k = 0; k < weights.Length; k++)
            {
                MultiplyAdd(
                    source.Row(rows.Start(i) + k).Slice(left * channels, width * channels), weights[k], sums);
            }

            if (rounds)
            {
                RoundToBytes(sums);
            }

            if (channels == 1)
            {
                ShrinkGrayRow(sums, target[..targetWidth], columns, left);
            }
            else
            {
                ShrinkColorRow(sums, target[..(targetWidth * channels)], columns, left);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static void ShrinkGrayRow(
        ReadOnlySpan<float> row, Span<float> target, in AxisWeights columns, int left)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var weights = columns.Weights(i);
            target[i] = weights.IsEmpty ? 0 : Dot(row.Slice(columns.Start(i) - left, weights.Length), weights);
        }
    }

    private static void ShrinkColorRow(
        ReadOnlySpan<float> row, Span<float> target, in AxisWeights columns, int left)
    {
        var pixels = MemoryMarshal.Cast<float, Vector128<float>>(row);
        var sums = MemoryMarshal.Cast<float, Vector128<float>>(target);
        for (var i = 0; i < sums.Length; i++)
        {
            var weights = columns.Weights(i);
            var run = pixels.Slice(columns.Start(i) - left, weights.Length);
            var sum = Vector128<float>.Zero;
            for (var k = 0; k < run.Length; k++)
            {
                sum += run[k] * weights[k];
            }

            sums[i] = sum;
        }
    }

    private static void ShrinkGrayRow(
        ReadOnlySpan<byte> row, Span<float> widened, Span<float> target, in AxisWeights columns)
    {
        for (var x = 0; x < row.Length; x++)
        {
            widened[x] = row[x];
        }

        for (var i = 0; i < target.Length; i++)
        {
            var weights = columns.Weights(i);
            target[i] = Dot(widened.Slice(columns.Start(i), weights.Length), weights);
        }
    }

    private static void ShrinkColorRow(ReadOnlySpan<byte> row, Span<float> target, in AxisWeights columns)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(row);
        var sums = MemoryMarshal.Cast<float, Vector128<float>>(target);
        for (var i = 0; i < sums.Length; i++)
        {
            var weights = columns.Weights(i);
            var run = pixels.Slice(columns.Start(i), weights.Length);
            var sum = Vector128<float>.Zero;
            for (var k = 0; k < run.Length; k++)
            {
                sum += Widen(run[k]) * weights[k];
            }

            sums[i] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Widen(uint pixel)
    {
        var shorts = Vector128.WidenLower(Vector128.CreateScalarUnsafe(pixel).AsByte());
        return Vector128.ConvertToSingle(Vector128.WidenLower(shorts).AsInt32());
    }

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var sums = Vector<float>.Zero;
        var i = 0;
        for (; i <= left.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            sums += new Vector<float>(left[i..]) * new Vector<float>(right[i..]);
        }

        var sum = Vector.Sum(sums);
        for (; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }

    private static void MultiplyAdd(ReadOnlySpan<float> source, float weight, Span<float> target)
    {
        var i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(target[i..]) + (new Vector<float>(source[i..]) * weight)).CopyTo(target[i..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] += source[i] * weight;
        }
    }

    private static void MultiplyAdd(ReadOnlySpan<byte> source, float weight, Span<float> target)
    {
        var i = 0;
        for (; i <= source.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(source[i..]), out var lower, out var upper);
            Vector.Widen(lower, out var first, out var second);
            Vector.Widen(upper, out var third, out var fourth);
            var sums = target.Slice(i, Vector<byte>.Count);
            Add(first, weight, sums);
            Add(second, weight, sums[Vector<float>.Count..]);
            Add(third, weight, sums[(2 * Vector<float>.Count)..]);
            Add(fourth, weight, sums[(3 * Vector<float>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] += source[i] * weight;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector<uint> values, float weight, Span<float> sums) =>
        (new Vector<float>(sums) + (Vector.ConvertToSingle(Vector.AsVectorInt32(values)) * weight)).CopyTo(sums);
}
