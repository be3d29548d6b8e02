using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SoftmaxService.Benchmarks;

/// <summary>A lower bound for everything that reads its logits.</summary>
internal sealed unsafe class VectorRead(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "read (sum)";

    private float _sum;

    public override void Run(int repetitions)
    {
        for (var i = 0; i < repetitions; i++)
        {
            fixed (float* source = Shape.Logits)
            {
                _sum += Sum(source, Shape.ElementCount);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static float Sum(float* source, nint count)
    {
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        nint i = 0;
        for (; i <= count - 64; i += 64)
        {
            a += Vector512.Load(source + i);
            b += Vector512.Load(source + i + 16);
            c += Vector512.Load(source + i + 32);
            d += Vector512.Load(source + i + 48);
        }

        var sum = Vector512.Sum(a + b + (c + d));
        for (; i < count; i++)
        {
            sum += source[i];
        }

        return sum;
    }
}

internal sealed unsafe class MemoryCopy(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "Buffer.MemoryCopy";

    public override void Run(int repetitions)
    {
        fixed (float* source = Shape.Logits, destination = Shape.Probabilities)
        {
            for (var i = 0; i < repetitions; i++)
            {
                Buffer.MemoryCopy(
                    source,
                    destination,
                    (long)Shape.ElementCount * sizeof(float),
                    (long)Shape.ElementCount * sizeof(float));
            }
        }
    }
}

/// <summary>
/// One pass that sums and one that writes past the cache: the least memory traffic of a softmax beyond the cache.
/// </summary>
internal sealed unsafe class ReadAndNonTemporalCopy(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "read + non-temporal copy";

    private float _sum;

    public override void Run(int repetitions)
    {
        fixed (float* source = Shape.Logits, destination = Shape.Probabilities)
        {
            for (var i = 0; i < repetitions; i++)
            {
                _sum += VectorRead.Sum(source, Shape.ElementCount);
                Copy(source, destination, Shape.ElementCount);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Copy(float* source, float* destination, nint count)
    {
        nint i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector512.Load(source + i).StoreAlignedNonTemporal(destination + i);
            Vector512.Load(source + i + 16).StoreAlignedNonTemporal(destination + i + 16);
        }

        for (; i < count; i++)
        {
            destination[i] = source[i];
        }
    }
}
