using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SoftmaxService.Numerics;

/// <summary>
/// Applies a kernel to one row after the other, on the caller's thread, with one temperature for all rows or one per
/// row.
/// </summary>
internal static unsafe class RowLoop<TKernel>
    where TKernel : struct, ISoftmaxKernel
{
    /// <summary>
    /// A single row, with as little overhead as possible: ten classes take less time than a few calls.
    /// </summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static void ComputeRow(ReadOnlySpan<float> logits, Span<float> probabilities, float temperature)
    {
        fixed (float* source = &MemoryMarshal.GetReference(logits))
        fixed (float* destination = &MemoryMarshal.GetReference(probabilities))
        {
            TKernel.ComputeRow(source, destination, logits.Length, temperature);
        }
    }

    public static bool TryComputePastCache(
        ReadOnlySpan<float> logits, Span<float> probabilities, float temperature, int degree)
    {
        fixed (float* source = logits, destination = probabilities)
        {
            return TKernel.TryComputePastCache(
                source, destination, logits.Length, new TemperatureScale(temperature), degree);
        }
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static void Compute(
        ReadOnlySpan<float> logits, Span<float> probabilities, int classCount, ReadOnlySpan<float> temperatures)
    {
        fixed (float* source = logits, destination = probabilities)
        {
            var scale = default(TemperatureScale);
            var row = 0;
            if (temperatures.Length == 1)
            {
                scale = new TemperatureScale(temperatures[0]);
                row = TKernel.ComputeTogether(source, destination, logits.Length / classCount, classCount, scale);
            }

            for (var i = row * (nint)classCount; i < logits.Length; row++, i += classCount)
            {
                UpdateScale(ref scale, temperatures, row);
                TKernel.Compute(source + i, destination + i, classCount, scale);
            }
        }
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static void ComputeLog(
        ReadOnlySpan<float> logits, Span<float> logProbabilities, int classCount, ReadOnlySpan<float> temperatures)
    {
        fixed (float* source = logits, destination = logProbabilities)
        {
            var scale = default(TemperatureScale);
            for (nint row = 0, i = 0; i < logits.Length; row++, i += classCount)
            {
                UpdateScale(ref scale, temperatures, (int)row);
                TKernel.ComputeLog(source + i, destination + i, classCount, scale);
            }
        }
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static void LogSumExp(
        ReadOnlySpan<float> logits, Span<float> results, int classCount, ReadOnlySpan<float> temperatures)
    {
        fixed (float* source = logits)
        {
            var scale = default(TemperatureScale);
            for (nint row = 0, i = 0; i < logits.Length; row++, i += classCount)
            {
                UpdateScale(ref scale, temperatures, (int)row);
                results[(int)row] = TKernel.LogSumExp(source + i, classCount, scale);
            }
        }
    }

    public static void Gradient(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient, int classCount,
        ReadOnlySpan<float> temperatures)
    {
        fixed (float* source = logits, above = upstream, destination = gradient)
        {
            var scale = default(TemperatureScale);
            for (nint row = 0, i = 0; i < logits.Length; row++, i += classCount)
            {
                UpdateScale(ref scale, temperatures, (int)row);
                TKernel.Gradient(source + i, above + i, destination + i, classCount, scale);
            }
        }
    }

    public static void CrossEntropy(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> targets, Span<float> losses, Span<float> gradient, int classCount,
        ReadOnlySpan<float> temperatures)
    {
        fixed (float* source = logits, destination = gradient)
        {
            var scale = default(TemperatureScale);
            for (nint row = 0, i = 0; i < logits.Length; row++, i += classCount)
            {
                UpdateScale(ref scale, temperatures, (int)row);
                losses[(int)row] = TKernel.CrossEntropy(
                    source + i, targets[(int)row], destination + i, classCount, scale);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UpdateScale(ref TemperatureScale scale, ReadOnlySpan<float> temperatures, int row)
    {
        if (row < temperatures.Length)
        {
            scale = new TemperatureScale(temperatures[row]);
        }
    }
}
