using System.Runtime.InteropServices;

namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxArgumentTests
{
    private readonly float[] _memory = [.. Enumerable.Range(0, 40).Select(i => i * 0.1f)];

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-float.Epsilon)]
    public void EveryOperation_TemperatureOutOfRange_IsRejectedBeforeAnythingIsWritten(float temperature)
    {
        var destination = new float[4];
        float[] temperatures = [1, temperature];
        var name = "temperature";
        Assert.Throws<ArgumentOutOfRangeException>(name, () => Softmax.Compute([1, 2], destination, temperature));
        Assert.Throws<ArgumentOutOfRangeException>(
            name, () => Softmax.ComputeRows([1, 2, 3, 4], destination, 2, temperature));
        Assert.Throws<ArgumentOutOfRangeException>(name, () => Softmax.ComputeLog([1, 2], destination, temperature));
        Assert.Throws<ArgumentOutOfRangeException>(
            name, () => Softmax.ComputeLogRows([1, 2, 3, 4], destination, 2, temperature));
        Assert.Throws<ArgumentOutOfRangeException>(name, () => Softmax.LogSumExp([1, 2], temperature));
        Assert.Throws<ArgumentOutOfRangeException>(
            name, () => Softmax.LogSumExpRows([1, 2, 3, 4], destination, 2, temperature));
        name = "temperatures";
        Assert.Throws<ArgumentOutOfRangeException>(
            name, () => Softmax.ComputeRows([1, 2, 3, 4], destination, 2, temperatures));
        Assert.Throws<ArgumentOutOfRangeException>(
            name, () => Softmax.ComputeLogRows([1, 2, 3, 4], destination, 2, temperatures));
        Assert.Throws<ArgumentOutOfRangeException>(
            name, () => Softmax.LogSumExpRows([1, 2, 3, 4], destination, 2, temperatures));
        Assert.Equal(new float[4], destination);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void ComputeRows_LessThanOneThread_IsRejected(int threads)
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            "maxDegreeOfParallelism", () => Softmax.ComputeRows([1, 2], new float[2], 2, 1f, threads));
        Assert.Throws<ArgumentOutOfRangeException>(
            "maxDegreeOfParallelism", () => Softmax.ComputeRows([1, 2], new float[2], 2, [1f], threads));
    }

    [Fact]
    public void CrossEntropyRows_ResultsOverTheTargets_AreRejected()
    {
        var targets = new int[12];
        Assert.Throws<ArgumentException>("targets", () => Softmax.CrossEntropyRows(
            new float[16], targets.AsSpan(0, 8), MemoryMarshal.Cast<int, float>(targets.AsSpan(1, 8)), new float[16],
            2));
        Assert.Throws<ArgumentException>("targets", () => Softmax.CrossEntropyRows(
            new float[4], targets.AsSpan(0, 2), new float[2], MemoryMarshal.Cast<int, float>(targets.AsSpan(1, 4)), 2));
    }

    [Fact]
    public void EveryOperation_EmptyRow_IsRejected()
    {
        Assert.Throws<ArgumentException>("logits", () => Softmax.Compute([], _memory));
        Assert.Throws<ArgumentException>("logits", () => Softmax.ComputeLog([], _memory));
        Assert.Throws<ArgumentException>("logits", () => Softmax.LogSumExp([]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void EveryRowOperation_ClassCountBelowOne_IsRejected(int classCount)
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(classCount), () => Softmax.ComputeRows([1, 2], _memory, classCount));
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(classCount), () => Softmax.ComputeRows([1, 2], _memory, classCount, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(classCount), () => Softmax.ComputeLogRows([1, 2], _memory, classCount));
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(classCount), () => Softmax.LogSumExpRows([], _memory, classCount));
    }

    [Fact]
    public void EveryRowOperation_LengthNotAWholeNumberOfRows_IsRejected()
    {
        Assert.Throws<ArgumentException>("logits", () => Softmax.ComputeRows([1, 2, 3], _memory, 2));
        Assert.Throws<ArgumentException>("logits", () => Softmax.ComputeLogRows([1, 2, 3], _memory, 2));
        Assert.Throws<ArgumentException>("logits", () => Softmax.LogSumExpRows([1], _memory, 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void EveryRowOperation_NotOneTemperatureForEachRow_IsRejected(int count)
    {
        var temperatures = Enumerable.Repeat(1f, count).ToArray();
        Assert.Throws<ArgumentException>(
            "temperatures", () => Softmax.ComputeRows([1, 2, 3, 4], _memory, 2, temperatures));
        Assert.Throws<ArgumentException>(
            "temperatures", () => Softmax.ComputeLogRows([1, 2, 3, 4], _memory, 2, temperatures));
        Assert.Throws<ArgumentException>(
            "temperatures", () => Softmax.LogSumExpRows([1, 2, 3, 4], _memory, 2, temperatures));
    }

    [Fact]
    public void EveryOperation_DestinationTooShort_IsRejected()
    {
        Assert.Throws<ArgumentException>("probabilities", () => Softmax.Compute([1, 2], new float[1]));
        Assert.Throws<ArgumentException>("probabilities", () => Softmax.ComputeRows([1, 2, 3, 4], new float[3], 2));
        Assert.Throws<ArgumentException>("logProbabilities", () => Softmax.ComputeLog([1, 2], new float[1]));
        Assert.Throws<ArgumentException>(
            "logProbabilities", () => Softmax.ComputeLogRows([1, 2, 3, 4], new float[3], 2));
        Assert.Throws<ArgumentException>("results", () => Softmax.LogSumExpRows([1, 2, 3, 4], new float[1], 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(9)]
    [InlineData(-9)]
    public void EveryOperation_ShiftedOverlap_IsRejected(int shift)
    {
        var copy = _memory.ToArray();
        Assert.Throws<ArgumentException>(
            "probabilities", () => Softmax.Compute(_memory.AsSpan(10, 10), _memory.AsSpan(10 + shift, 10)));
        Assert.Throws<ArgumentException>(
            "probabilities", () => Softmax.ComputeRows(_memory.AsSpan(10, 10), _memory.AsSpan(10 + shift, 10), 5));
        Assert.Throws<ArgumentException>(
            "logProbabilities", () => Softmax.ComputeLog(_memory.AsSpan(10, 10), _memory.AsSpan(10 + shift, 10)));
        Assert.Throws<ArgumentException>(
            "results", () => Softmax.LogSumExpRows(_memory.AsSpan(10, 10), _memory.AsSpan(10 + shift, 10), 1));
        Assert.Equal(copy, _memory);
    }

    [Fact]
    public void Compute_OverlapByPartOfAnElement_IsRejected()
    {
        var bytes = new byte[84];
        Assert.Throws<ArgumentException>("probabilities", () => Softmax.Compute(
            MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, 80)),
            MemoryMarshal.Cast<byte, float>(bytes.AsSpan(2, 80))));
    }

    [Fact]
    public void LogSumExpRows_ResultsInPlaceOfLogits_IsRejected() =>
        Assert.Throws<ArgumentException>("results", () => Softmax.LogSumExpRows(_memory, _memory, 1));

    [Fact]
    public void EveryRowOperation_TemperaturesInTheDestination_IsRejected()
    {
        Assert.Throws<ArgumentException>("temperatures", () =>
            Softmax.ComputeRows(_memory.AsSpan(20, 4), _memory.AsSpan(1, 4), 2, _memory.AsSpan(3, 2)));
        Assert.Throws<ArgumentException>("temperatures", () =>
            Softmax.ComputeLogRows(_memory.AsSpan(20, 4), _memory.AsSpan(1, 4), 2, _memory.AsSpan(3, 2)));
        Assert.Throws<ArgumentException>("temperatures", () =>
            Softmax.LogSumExpRows(_memory.AsSpan(20, 4), _memory.AsSpan(1, 2), 2, _memory.AsSpan(1, 2)));
    }

    [Fact]
    public void Compute_NeighbouringMemory_IsAllowed()
    {
        var expected = new float[10];
        Softmax.Compute(_memory.AsSpan(10, 10).ToArray(), expected);

        // The destination span overlaps the logits, but only its first ten elements are written.
        Softmax.Compute(_memory.AsSpan(10, 10), _memory.AsSpan(0, 20));
        Assert.Equal(expected, _memory[..10]);
        Softmax.Compute(_memory.AsSpan(10, 10), _memory.AsSpan(20, 10));
        Assert.Equal(expected, _memory[20..30]);
        Softmax.Compute(_memory.AsSpan(10, 10), _memory.AsSpan(10));
        Assert.Equal(expected, _memory[10..20]);
    }
}
