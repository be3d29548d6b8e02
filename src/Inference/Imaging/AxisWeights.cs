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
        : this(targetLength, StrideOf(sourceLength, filter == ResamplingFilter.Area ? scale / 2 : Math.Max(scale, 1)))
    {
        var radius = filter == ResamplingFilter.Area ? scale / 2 : Math.Max(scale, 1);
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

    private AxisWeights(int targetLength, int stride)
    {
        _stride = stride;
        _starts = ArrayPool<int>.Shared.Rent(targetLength);
        _lengths = ArrayPool<int>.Shared.Rent(targetLength);
        _weights = ArrayPool<float>.Shared.Rent(targetLength * stride);
    }

    /// <summary>
    /// The weights of Pillow's <c>Image.resize</c>: <c>precompute_coeffs</c> in its Resample.c, and
    /// <c>ImagingScaleAffine</c> in its Geometry.c for <see cref="ImageFilter.Nearest"/>.
    /// </summary>
    /// <param name="filter">The kernel.</param>
    /// <param name="antialias">Whether the kernel is widened by the scale when shrinking.</param>
    /// <param name="source">The source pixels; no kernel sees beyond them.</param>
    /// <param name="scale">Source pixels per target pixel.</param>
    /// <param name="first">How many target pixels are cut off before the first.</param>
    /// <param name="targetLength">The number of target pixels.</param>
    /// <param name="isReversed">
    /// Whether the source is stored from its end. Its weights are the mirror image of those of the upright source,
    /// where a kernel and a crop need not be symmetric.
    /// </param>
    public static AxisWeights Of(
        ImageFilter filter, bool antialias, AxisPart source, double scale, double first, int targetLength,
        bool isReversed)
    {
        var widening = antialias ? Math.Max(scale, 1) : 1;
        var radius = filter == ImageFilter.Nearest ? 0.5 : FilterKernel.SupportOf(filter) * widening;
        var axis = new AxisWeights(targetLength, StrideOf(source.Length, radius));
        if (filter == ImageFilter.Nearest)
        {
            axis.FindNearest(source, scale, first, targetLength);
        }
        else
        {
            axis.Weigh(filter, 1 / widening, radius, source, scale, first, targetLength);
        }

        if (isReversed)
        {
            axis.Reverse(source.WholeLength, targetLength);
        }

        return axis;
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

    // Pillow adds the step up instead of multiplying, which decides where a centre falls between two pixels.
    private void FindNearest(AxisPart source, double scale, double first, int targetLength)
    {
        var center = (first * scale) + (scale * 0.5);
        for (var i = 0; i < targetLength; i++, center += scale)
        {
            _starts[i] = source.First + Math.Clamp((int)center, 0, source.Length - 1);
            _lengths[i] = 1;
            _weights[i * _stride] = 1;
        }
    }

    private void Weigh(
        ImageFilter filter, double narrowing, double radius, AxisPart source, double scale, double first,
        int targetLength)
    {
        for (var i = 0; i < targetLength; i++)
        {
            var center = (first + i + 0.5) * scale;
            var start = Math.Clamp((int)(center - radius + 0.5), 0, source.Length);
            var end = Math.Clamp((int)(center + radius + 0.5), start, Math.Min(source.Length, start + _stride));
            var sum = 0.0;
            for (var x = start; x < end; x++)
            {
                sum += FilterKernel.WeightAt(filter, (x - center + 0.5) * narrowing);
            }

            for (var x = start; x < end; x++)
            {
                var weight = FilterKernel.WeightAt(filter, (x - center + 0.5) * narrowing);
                _weights[(i * _stride) + x - start] = (float)(sum != 0 ? weight / sum : weight);
            }

            _starts[i] = source.First + start;
            _lengths[i] = end - start;
        }
    }

    private void Reverse(int sourceLength, int targetLength)
    {
        for (var i = 0; i < targetLength; i++)
        {
            _weights.AsSpan(i * _stride, _lengths[i]).Reverse();
            _starts[i] = sourceLength - _starts[i] - _lengths[i];
        }

        _starts.AsSpan(0, targetLength).Reverse();
        _lengths.AsSpan(0, targetLength).Reverse();
        for (int low = 0, high = targetLength - 1; low < high; low++, high--)
        {
            for (var k = 0; k < _stride; k++)
            {
                ref var left = ref _weights[(low * _stride) + k];
                ref var right = ref _weights[(high * _stride) + k];
                (left, right) = (right, left);
            }
        }
    }

    private static int StrideOf(int sourceLength, double radius) =>
        (int)Math.Min(sourceLength, Math.Ceiling(2 * radius) + 2);
}
