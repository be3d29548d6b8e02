using System.Buffers;

namespace SoftmaxService.Inference.Imaging;

internal enum ResamplingFilter
{
    /// <summary>
    /// The mean of the source pixels that a target pixel covers, including fractions at the edges; only for shrinking.
    /// </summary>
    Area,

    /// <summary>
    /// Linear interpolation, its triangle widened by the scale when shrinking: the "bilinear with antialias" of model
    /// training.
    /// </summary>
    Triangle,
}

/// <summary>For each target pixel of one axis: the source pixels that contribute to it, and their weights.</summary>
internal readonly ref struct AxisWeights
{
    private readonly int[] _starts;
    private readonly int[] _lengths;
    private readonly float[] _weights;
    private readonly int _stride;

    /// <param name="sourceLength">The number of source pixels.</param>
    /// <param name="origin">Where target pixel 0 begins in the source; may lie outside.</param>
    /// <param name="scale">Source pixels per target pixel.</param>
    /// <param name="targetLength">The number of target pixels.</param>
    /// <param name="filter">How source pixels make a target pixel.</param>
    /// <param name="zeroOutside">
    /// Whether the source is surrounded by zeros. Otherwise it is surrounded by nothing, and the weights inside sum to
    /// 1.
    /// </param>
    public AxisWeights(
        int sourceLength, double origin, double scale, int targetLength, ResamplingFilter filter, bool zeroOutside)
    {
        var radius = filter == ResamplingFilter.Area ? scale / 2 : Math.Max(scale, 1);
        _stride = (int)Math.Min(sourceLength, Math.Ceiling(2 * radius) + 2);
        _starts = ArrayPool<int>.Shared.Rent(targetLength);
        _lengths = ArrayPool<int>.Shared.Rent(targetLength);
        _weights = ArrayPool<float>.Shared.Rent(targetLength * _stride);

        for (var i = 0; i < targetLength; i++)
        {
            var center = origin + ((i + 0.5) * scale);
            var start = (int)Math.Clamp(Math.Floor(center - radius), 0, sourceLength);
            var end = (int)Math.Clamp(Math.Ceiling(center + radius), start, Math.Min(sourceLength, start + _stride));
            var weights = _weights.AsSpan(i * _stride, _stride);
            var sum = 0.0;
            for (var x = start; x < end; x++)
            {
                var weight = filter == ResamplingFilter.Area
                    ? Math.Min(x + 1, center + radius) - Math.Max(x, center - radius)
                    : 1 - (Math.Abs(x + 0.5 - center) / radius);
                weight = Math.Max(weight, 0);
                weights[x - start] = (float)weight;
                sum += weight;
            }

            var whole = zeroOutside ? (filter == ResamplingFilter.Area ? scale : radius) : sum;
            for (var k = 0; k < end - start; k++)
            {
                weights[k] = whole > 0 ? (float)(weights[k] / whole) : 0;
            }

            _starts[i] = start;
            _lengths[i] = end - start;
        }
    }

    public int Start(int target) => _starts[target];

    public int End(int target) => _starts[target] + _lengths[target];

    public ReadOnlySpan<float> Weights(int target) => _weights.AsSpan(target * _stride, _lengths[target]);

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_lengths);
        ArrayPool<float>.Shared.Return(_weights);
    }
}
