using System.Numerics.Tensors;
using SoftmaxService.Numerics;

namespace SoftmaxService.Benchmarks;

internal sealed class Ours(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "Softmax.Compute";

    public override void Run(int repetitions)
    {
        var logits = Shape.Logits;
        var probabilities = Shape.Probabilities;
        var classCount = Shape.ClassCount;
        if (Shape.RowCount == 1)
        {
            for (var i = 0; i < repetitions; i++)
            {
                Softmax.Compute(logits, probabilities, Temperature);
            }
        }
        else
        {
            for (var i = 0; i < repetitions; i++)
            {
                Softmax.ComputeRows(logits, probabilities, classCount, Temperature);
            }
        }
    }
}

/// <summary>Has no temperature and does not subtract the maximum, so it overflows from a logit of 88.7.</summary>
internal sealed class TensorPrimitivesSoftMax(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "TensorPrimitives.SoftMax";

    public override void Run(int repetitions)
    {
        for (var i = 0; i < repetitions; i++)
        {
            for (var start = 0; start < Shape.ElementCount; start += Shape.ClassCount)
            {
                TensorPrimitives.SoftMax(
                    Shape.Logits.Slice(start, Shape.ClassCount),
                    Shape.Probabilities.Slice(start, Shape.ClassCount));
            }
        }
    }
}

internal sealed class TensorPrimitivesDivideSoftMax(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "TensorPrimitives.Divide, SoftMax";

    public override void Run(int repetitions)
    {
        for (var i = 0; i < repetitions; i++)
        {
            for (var start = 0; start < Shape.ElementCount; start += Shape.ClassCount)
            {
                var row = Shape.Probabilities.Slice(start, Shape.ClassCount);
                TensorPrimitives.Divide(Shape.Logits.Slice(start, Shape.ClassCount), Temperature, row);
                TensorPrimitives.SoftMax(row, row);
            }
        }
    }
}

internal sealed class SafeComposition(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "TensorPrimitives, overflow-safe";

    public override void Run(int repetitions)
    {
        for (var i = 0; i < repetitions; i++)
        {
            for (var start = 0; start < Shape.ElementCount; start += Shape.ClassCount)
            {
                Compute(
                    Shape.Logits.Slice(start, Shape.ClassCount),
                    Shape.Probabilities.Slice(start, Shape.ClassCount),
                    Temperature);
            }
        }
    }

    public static void Compute(ReadOnlySpan<float> logits, Span<float> row, float temperature)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), row);
        TensorPrimitives.Divide(row, temperature, row);
        TensorPrimitives.Exp(row, row);
        TensorPrimitives.Divide(row, TensorPrimitives.Sum<float>(row), row);
    }
}

internal sealed class ScalarThreePass(Shape shape) : Contestant(Title, shape)
{
    public const string Title = "scalar MathF.Exp";

    public override void Run(int repetitions)
    {
        for (var i = 0; i < repetitions; i++)
        {
            for (var start = 0; start < Shape.ElementCount; start += Shape.ClassCount)
            {
                Compute(
                    Shape.Logits.Slice(start, Shape.ClassCount),
                    Shape.Probabilities.Slice(start, Shape.ClassCount),
                    Temperature);
            }
        }
    }

    public static void Compute(ReadOnlySpan<float> logits, Span<float> row, float temperature)
    {
        var maximum = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            maximum = MathF.Max(maximum, logit);
        }

        var sum = 0f;
        for (var i = 0; i < row.Length; i++)
        {
            sum += row[i] = MathF.Exp((logits[i] - maximum) / temperature);
        }

        foreach (ref var p in row)
        {
            p /= sum;
        }
    }
}
