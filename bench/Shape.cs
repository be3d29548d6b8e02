using System.Runtime.InteropServices;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// Rows of logits drawn uniformly from [−10, 10] and space for their probabilities, both page-aligned.
/// </summary>
internal sealed unsafe class Shape : IDisposable
{
    private const int PageSize = 4096;

    private readonly float* _logits;
    private readonly float* _probabilities;

    public Shape(int rowCount, int classCount)
    {
        (RowCount, ClassCount) = (rowCount, classCount);
        _logits = (float*)NativeMemory.AlignedAlloc((nuint)ElementCount * sizeof(float), PageSize);
        _probabilities = (float*)NativeMemory.AlignedAlloc((nuint)ElementCount * sizeof(float), PageSize);
        var random = new Random(42);
        foreach (ref var logit in Logits)
        {
            logit = random.NextSingle() * 20 - 10;
        }

        Probabilities.Clear();
    }

    public int RowCount { get; }

    public int ClassCount { get; }

    public int ElementCount => RowCount * ClassCount;

    public Span<float> Logits => new(_logits, ElementCount);

    public Span<float> Probabilities => new(_probabilities, ElementCount);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_logits);
        NativeMemory.AlignedFree(_probabilities);
    }
}
