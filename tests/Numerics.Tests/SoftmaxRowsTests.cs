namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxRowsTests
{
    public static TheoryData<string, int> PathsAndClassCounts =>
        ForcedKernel.PathsTimes([1, 2, 3, 7, 10, 15, 16, 17, 31, 32, 33, 100, 1000, 1024, 1025, 5003]);

    [Theory]
    [MemberData(nameof(PathsAndClassCounts))]
    public void ComputeRows_EachRow_IsTheRowAloneBitForBit(string path, int classCount)
    {
        const int RowCount = 37;
        var random = new Random(classCount);
        var logits = LogitSets.Uniform(random, RowCount * classCount, -20, 20);
        logits[classCount / 2] = float.NaN; // row 0 must not affect row 1

        var probabilities = ForcedKernel.Compute(path, logits, 0.9f, classCount);
        var logProbabilities = ForcedKernel.ComputeLog(path, logits, 0.9f, classCount);

        for (var row = 0; row < RowCount; row++)
        {
            var alone = logits[(row * classCount)..((row + 1) * classCount)];
            AssertSameBits(ForcedKernel.Compute(path, alone, 0.9f), probabilities.AsSpan(row * classCount, classCount));
            AssertSameBits(
                ForcedKernel.ComputeLog(path, alone, 0.9f), logProbabilities.AsSpan(row * classCount, classCount));
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndClassCounts))]
    public void ComputeRows_InPlace_IsOutOfPlaceBitForBit(string path, int classCount)
    {
        var logits = LogitSets.Uniform(new Random(classCount), 5 * classCount, -20, 20);
        var inPlace = logits.ToArray();
        ForcedKernel.Compute(path, inPlace, inPlace, 1.2f, classCount);
        AssertSameBits(ForcedKernel.Compute(path, logits, 1.2f, classCount), inPlace);

        inPlace = logits.ToArray();
        ForcedKernel.ComputeLog(path, inPlace, inPlace, 1.2f, classCount);
        AssertSameBits(ForcedKernel.ComputeLog(path, logits, 1.2f, classCount), inPlace);
    }

    [Theory]
    [InlineData(400_003, 1, 3)]
    [InlineData(40_003, 10, 3)]
    [InlineData(700, 1000, 2)]
    [InlineData(2, 300_000, 4)]
    [InlineData(1, 5_000_000, 2)]
    [InlineData(1, 5_000_000, 3)]
    public void ComputeRows_AnyNumberOfThreads_GiveTheSameBits(int rowCount, int classCount, int threads)
    {
        var logits = LogitSets.Uniform(new Random(rowCount), rowCount * classCount, -20, 20);
        logits[^1] = 300; // a large value in the last row
        var (alone, shared) = (new float[logits.Length], new float[logits.Length]);
        Softmax.ComputeRows(logits, alone, classCount, 0.9f);
        Softmax.ComputeRows(logits, shared, classCount, 0.9f, threads);
        AssertSameBits(alone, shared);

        var temperatures = LogitSets.Uniform(new Random(1), rowCount, 0.5, 2);
        Softmax.ComputeRows(logits, alone, classCount, temperatures);
        Softmax.ComputeRows(logits, shared, classCount, temperatures, threads);
        AssertSameBits(alone, shared);
    }

    /// <summary>
    /// At this temperature every odd logit lies exactly between two steps. The step it rounds to must not depend on the
    /// row's shift.
    /// </summary>
    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeRows_TiesBetweenSteps_AreBrokenAlikeInPlaceAndOutOfPlace(string path)
    {
        const int ClassCount = 100;
        const float Temperature = (float)(2 * 1.4426950408889634);
        for (var offset = 0; offset < 40; offset++)
        {
            var logits = Enumerable.Range(0, ClassCount).Select(i => (float)((i * 7 % 23) + offset)).ToArray();
            var inPlace = logits.ToArray();
            ForcedKernel.Compute(path, inPlace, inPlace, Temperature, ClassCount);
            AssertSameBits(ForcedKernel.Compute(path, logits, Temperature, ClassCount), inPlace);
        }
    }

    [Fact]
    public void ComputeRows_OneTemperatureARow_GivesEachRowItsOwn()
    {
        float[] temperatures = [1, 0.5f, 1e-40f, 100];
        var logits = LogitSets.Uniform(new Random(50), 4 * 33, -5, 5);
        var (probabilities, logs, sums) = (new float[logits.Length], new float[logits.Length], new float[4]);

        Softmax.ComputeRows(logits, probabilities, 33, temperatures);
        Softmax.ComputeLogRows(logits, logs, 33, temperatures);
        Softmax.LogSumExpRows(logits, sums, 33, temperatures);

        for (var row = 0; row < 4; row++)
        {
            var alone = new float[33];
            var logitsOfRow = logits.AsSpan(row * 33, 33);
            Softmax.Compute(logitsOfRow, alone, temperatures[row]);
            AssertSameBits(alone, probabilities.AsSpan(row * 33, 33));
            Softmax.ComputeLog(logitsOfRow, alone, temperatures[row]);
            AssertSameBits(alone, logs.AsSpan(row * 33, 33));
            Assert.Equal(Softmax.LogSumExp(logitsOfRow, temperatures[row]), sums[row]);
        }
    }

    [Fact]
    public void ComputeRows_OneTemperatureForAll_ServesEveryRow()
    {
        var logits = LogitSets.Uniform(new Random(51), 4 * 10, -5, 5);
        var (shared, separate, sums) = (new float[40], new float[40], new float[4]);

        Softmax.ComputeRows(logits, shared, 10, 0.3f);
        Softmax.ComputeRows(logits, separate, 10, [0.3f, 0.3f, 0.3f, 0.3f]);
        AssertSameBits(separate, shared);

        Softmax.ComputeLogRows(logits, shared, 10, 0.3f);
        Softmax.ComputeLogRows(logits, separate, 10, [0.3f, 0.3f, 0.3f, 0.3f]);
        AssertSameBits(separate, shared);

        Softmax.LogSumExpRows(logits, sums, 10, 0.3f);
        Assert.Equal(Softmax.LogSumExp(logits.AsSpan(30), 0.3f), sums[3]);
    }

    [Fact]
    public void EveryOperation_WithoutATemperature_TakesOne()
    {
        var logits = LogitSets.Uniform(new Random(52), 20, -5, 5);
        var (implicitly, explicitly) = (new float[20], new float[20]);

        Softmax.Compute(logits, implicitly);
        Softmax.Compute(logits, explicitly, 1);
        AssertSameBits(explicitly, implicitly);
        Softmax.ComputeRows(logits, implicitly, 10);
        Softmax.ComputeRows(logits, explicitly, 10, 1);
        AssertSameBits(explicitly, implicitly);
        Softmax.ComputeLog(logits, implicitly);
        Softmax.ComputeLog(logits, explicitly, 1);
        AssertSameBits(explicitly, implicitly);
        Softmax.ComputeLogRows(logits, implicitly, 10);
        Softmax.ComputeLogRows(logits, explicitly, 10, 1);
        AssertSameBits(explicitly, implicitly);
        Assert.Equal(Softmax.LogSumExp(logits, 1), Softmax.LogSumExp(logits));
    }

    [Fact]
    public void ComputeRows_NoRows_WritesNothing()
    {
        float[] destination = [7];
        Softmax.ComputeRows([], destination, 10);
        Softmax.ComputeRows([], destination, 10, []);
        Softmax.ComputeLogRows([], destination, 10);
        Softmax.LogSumExpRows([], destination, 10);
        Assert.Equal([7f], destination);
    }

    [Fact]
    public void EveryOperation_LongerDestination_LeavesTheRestAlone()
    {
        float[] destination = [9, 9, 9, 9, 9];
        Softmax.Compute([1, 1], destination);
        Assert.Equal([0.5f, 0.5f, 9, 9, 9], destination);
        Softmax.ComputeRows([1, 1, 2, 2], destination, 2);
        Assert.Equal([0.5f, 0.5f, 0.5f, 0.5f, 9], destination);
        Softmax.LogSumExpRows([0, 0], destination, 1);
        Assert.Equal([0f, 0f, 0.5f, 0.5f, 9], destination);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(2000)] // larger than the scratch memory of a row
    public void EveryOperation_AnyShape_AllocatesNothing(int classCount)
    {
        const int RowCount = 4;
        var logits = LogitSets.Uniform(new Random(53), RowCount * classCount, -5, 5);
        var (row, destination) = (logits.AsMemory(0, classCount), new float[logits.Length]);
        float[] temperatures = [1e-40f, 0.5f, 2f, 1e-40f];
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run()
        {
            Softmax.Compute(row.Span, destination, 0.5f);
            Softmax.ComputeRows(logits, destination, classCount, 0.5f);
            Softmax.ComputeRows(logits, destination, classCount, temperatures);
            Softmax.ComputeLog(row.Span, destination, 0.5f);
            Softmax.ComputeLogRows(logits, destination, classCount, 0.5f);
            Softmax.ComputeLogRows(logits, destination, classCount, temperatures);
            Softmax.LogSumExp(row.Span, 0.5f);
            Softmax.LogSumExpRows(logits, destination, classCount, 0.5f);
            Softmax.LogSumExpRows(logits, destination, classCount, temperatures);
            Softmax.ComputeRows(logits, logits, classCount, 0.5f); // in place
        }
    }

    private static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(expected[i]), BitConverter.SingleToInt32Bits(actual[i]));
        }
    }
}
