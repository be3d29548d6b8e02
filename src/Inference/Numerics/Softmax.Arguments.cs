using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SoftmaxService.Inference.Numerics;

public static partial class Softmax
{
    private static void CheckRow(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty)
            Refuse("A row needs at least one logit.", nameof(logits));
    }

    private static int CheckRows(ReadOnlySpan<float> logits, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        var (rowCount, remainder) = Math.DivRem(logits.Length, classCount);
        if (remainder != 0)
            Refuse($"{logits.Length} logits are not a whole number of rows of {classCount} classes.", nameof(logits));
        return rowCount;
    }

    private static void CheckTemperature(float temperature, [CallerArgumentExpression(nameof(temperature))] string? name = null)
    {
        if (!(temperature > 0 && temperature <= float.MaxValue))
            RefuseTemperature(temperature, name);
    }

    private static void CheckTemperatures(ReadOnlySpan<float> temperatures, int rowCount, Span<float> destination)
    {
        if (temperatures.Length != rowCount)
            Refuse($"{rowCount} rows need {rowCount} temperatures, not {temperatures.Length}.", nameof(temperatures));
        if (destination.Overlaps(temperatures))
            Refuse("The temperatures would be overwritten before they are read.", nameof(temperatures));
        foreach (var temperature in temperatures)
            CheckTemperature(temperature, nameof(temperatures));
    }

    private static Span<float> CheckDestination(ReadOnlySpan<float> logits, Span<float> destination, string name)
    {
        if (destination.Length < logits.Length)
            RefuseShort(logits.Length, destination.Length, name);
        destination = destination[..logits.Length];
        if (!Unsafe.AreSame(in logits.GetPinnableReference(), in destination.GetPinnableReference()) && logits.Overlaps(destination))
            Refuse("The destination must be the logits themselves or must not overlap them.", name);
        return destination;
    }

    private static Span<float> CheckResults(ReadOnlySpan<float> logits, Span<float> results, int rowCount)
    {
        if (results.Length < rowCount)
            Refuse($"{rowCount} rows do not fit in {results.Length} elements.", nameof(results));
        results = results[..rowCount];
        if (logits.Overlaps(results))
            Refuse("The results must not overlap the logits.", nameof(results));
        return results;
    }

    [DoesNotReturn]
    private static void Refuse(string message, string name) => throw new ArgumentException(message, name);

    // Apart from its caller, which would carry the interpolation's locals at every call.
    [DoesNotReturn]
    private static void RefuseShort(int needed, int available, string name) =>
        Refuse($"{needed} logits do not fit in {available} elements.", name);

    [DoesNotReturn]
    private static void RefuseTemperature(float temperature, string? name) =>
        throw new ArgumentOutOfRangeException(name, temperature, "A temperature must be above 0 and finite.");
}
