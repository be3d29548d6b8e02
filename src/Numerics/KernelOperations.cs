using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

internal readonly ref struct RowOperation(
    ReadOnlySpan<float> logits, Span<float> probabilities, float temperature)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly Span<float> _probabilities = probabilities;
    private readonly float _temperature = temperature;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel =>
        RowLoop<TKernel>.ComputeRow(_logits, _probabilities, _temperature);
}

/// <summary>One row, shared between threads where it is larger than the caches.</summary>
internal readonly ref struct SharedRowOperation(
    ReadOnlySpan<float> logits, Span<float> probabilities, float temperature, int degree)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly Span<float> _probabilities = probabilities;
    private readonly float _temperature = temperature;
    private readonly int _degree = degree;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel
    {
        if (!RowLoop<TKernel>.TryComputePastCache(_logits, _probabilities, _temperature, _degree))
        {
            RowLoop<TKernel>.ComputeRow(_logits, _probabilities, _temperature);
        }
    }
}

internal readonly ref struct RowsOperation(
    ReadOnlySpan<float> logits, Span<float> probabilities, int classCount, ReadOnlySpan<float> temperatures)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly Span<float> _probabilities = probabilities;
    private readonly int _classCount = classCount;
    private readonly ReadOnlySpan<float> _temperatures = temperatures;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel =>
        RowLoop<TKernel>.Compute(_logits, _probabilities, _classCount, _temperatures);
}

internal readonly ref struct LogOperation(
    ReadOnlySpan<float> logits, Span<float> logProbabilities, int classCount, ReadOnlySpan<float> temperatures)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly Span<float> _logProbabilities = logProbabilities;
    private readonly int _classCount = classCount;
    private readonly ReadOnlySpan<float> _temperatures = temperatures;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel =>
        RowLoop<TKernel>.ComputeLog(_logits, _logProbabilities, _classCount, _temperatures);
}

internal readonly ref struct LogSumExpOperation(
    ReadOnlySpan<float> logits, Span<float> results, int classCount, ReadOnlySpan<float> temperatures)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly Span<float> _results = results;
    private readonly int _classCount = classCount;
    private readonly ReadOnlySpan<float> _temperatures = temperatures;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel =>
        RowLoop<TKernel>.LogSumExp(_logits, _results, _classCount, _temperatures);
}

internal readonly ref struct GradientOperation(
    ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient, int classCount,
    ReadOnlySpan<float> temperatures)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly ReadOnlySpan<float> _upstream = upstream;
    private readonly Span<float> _gradient = gradient;
    private readonly int _classCount = classCount;
    private readonly ReadOnlySpan<float> _temperatures = temperatures;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel =>
        RowLoop<TKernel>.Gradient(_logits, _upstream, _gradient, _classCount, _temperatures);
}

internal readonly ref struct CrossEntropyOperation(
    ReadOnlySpan<float> logits, ReadOnlySpan<int> targets, Span<float> losses, Span<float> gradient, int classCount,
    ReadOnlySpan<float> temperatures)
    : IKernelOperation
{
    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly ReadOnlySpan<int> _targets = targets;
    private readonly Span<float> _losses = losses;
    private readonly Span<float> _gradient = gradient;
    private readonly int _classCount = classCount;
    private readonly ReadOnlySpan<float> _temperatures = temperatures;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel =>
        RowLoop<TKernel>.CrossEntropy(_logits, _targets, _losses, _gradient, _classCount, _temperatures);
}
