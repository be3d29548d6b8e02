using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SoftmaxService.Numerics;

public static partial class Softmax
{
    private static void CheckRow(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty)
        {
            ThrowArgument("A row needs at least one logit.", nameof(logits));
        }
    }

    private static int CheckRows(ReadOnlySpan<float> logits, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        var (rowCount, remainder) = Math.DivRem(logits.Length, classCount);
        if (remainder != 0)
        {
            ThrowArgument(
                $"{logits.Length} logits are not a whole number of rows of {classCount} classes.", nameof(logits));
        }

        return rowCount;
    }

    private static void CheckTemperature(
        float temperature, [CallerArgumentExpression(nameof(temperature))] string? name = null)
    {
        if (!(temperature > 0 && temperature <= float.MaxValue))
        {
            ThrowTemperature(temperature, name);
        }
    }

    private static void CheckTemperatures(ReadOnlySpan<float> temperatures, int rowCount, Span<float> destination)
    {
        if (temperatures.Length != rowCount)
        {
            ThrowArgument(
                $"{rowCount} rows need {rowCount} temperatures, not {temperatures.Length}.", nameof(temperatures));
        }

        if (destination.Overlaps(temperatures))
        {
            ThrowArgument("The temperatures would be overwritten before they are read.", nameof(temperatures));
        }

        foreach (var temperature in temperatures)
        {
            CheckTemperature(temperature, nameof(temperatures));
        }
    }

    private static Span<float> CheckDestination(ReadOnlySpan<float> logits, Span<float> destination, string name)
    {
        if (destination.Length < logits.Length)
        {
            ThrowShort(logits.Length, destination.Length, name);
        }

        destination = destination[..logits.Length];
        if (!Unsafe.AreSame(in logits.GetPinnableReference(), in destination.GetPinnableReference())
            && logits.Overlaps(destination))
        {
            ThrowArgument("The destination must be the logits themselves or must not overlap them.", name);
        }

        return destination;
    }

    private static Span<float> CheckResults(ReadOnlySpan<float> logits, Span<float> results, int rowCount)
    {
        if (results.Length < rowCount)
        {
            ThrowArgument($"{rowCount} rows do not fit in {results.Length} elements.", nameof(results));
        }

        results = results[..rowCount];
        if (logits.Overlaps(results))
        {
            ThrowArgument("The results must not overlap the logits.", nameof(results));
        }

        return results;
    }

    private static Span<float> CheckGradient(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient)
    {
        if (upstream.Length != logits.Length)
        {
            ThrowArgument(
                $"{logits.Length} logits need as many upstream gradients, not {upstream.Length}.", nameof(upstream));
        }

        gradient = CheckDestination(logits, gradient, nameof(gradient));
        if (gradient.Overlaps(upstream))
        {
            ThrowArgument("The upstream gradient would be overwritten before it is read.", nameof(gradient));
        }

        return gradient;
    }

    private static void CheckTargets(
        ReadOnlySpan<int> targets, int classCount, int rowCount, Span<float> losses, Span<float> gradient)
    {
        var bytes = MemoryMarshal.AsBytes(targets);
        if (bytes.Overlaps(MemoryMarshal.AsBytes(losses)) || bytes.Overlaps(MemoryMarshal.AsBytes(gradient)))
        {
            ThrowArgument("The targets would be overwritten before they are read.", nameof(targets));
        }

        if (targets.Length != rowCount)
        {
            ThrowArgument($"{rowCount} rows need {rowCount} targets, not {targets.Length}.", nameof(targets));
        }

        foreach (var target in targets)
        {
            CheckTarget(target, classCount, nameof(targets));
        }
    }

    private static Span<float> CheckLosses(
        ReadOnlySpan<float> logits, Span<float> losses, Span<float> gradient, int rowCount)
    {
        if (losses.Length < rowCount)
        {
            ThrowArgument($"{rowCount} rows do not fit in {losses.Length} elements.", nameof(losses));
        }

        losses = losses[..rowCount];
        if (losses.Overlaps(logits) || losses.Overlaps(gradient))
        {
            ThrowArgument("The losses must not overlap the logits or their gradient.", nameof(losses));
        }

        return losses;
    }

    private static void CheckTarget(
        int target, int classCount, [CallerArgumentExpression(nameof(target))] string? name = null)
    {
        if ((uint)target >= (uint)classCount)
        {
            throw new ArgumentOutOfRangeException(name, target, $"A target is a class, from 0 to {classCount - 1}.");
        }
    }

    [DoesNotReturn]
    private static void ThrowArgument(string message, string name) => throw new ArgumentException(message, name);

    // Apart from its caller, which would carry the interpolation's locals at every call.
    [DoesNotReturn]
    private static void ThrowShort(int needed, int available, string name) =>
        ThrowArgument($"{needed} logits do not fit in {available} elements.", name);

    [DoesNotReturn]
    private static void ThrowTemperature(float temperature, string? name) =>
        throw new ArgumentOutOfRangeException(name, temperature, "A temperature must be above 0 and finite.");
}
