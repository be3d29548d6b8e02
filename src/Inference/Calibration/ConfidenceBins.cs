namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// M bins of equal width, (b/M, (b+1)/M], as in Guo et al. 2017; a probability of 0 is in the first. The edges are
/// rounded to float like the probabilities, so the float nearest to an edge is on the edge.
/// </summary>
internal sealed class ConfidenceBins
{
    private readonly float[] _upper;

    public ConfidenceBins(int count) =>
        _upper = [.. Enumerable.Range(1, count).Select(bin => (float)UpperOf(bin - 1, count))];

    public int Count => _upper.Length;

    public double Lower(int bin) => UpperOf(bin - 1, Count);

    public double Upper(int bin) => UpperOf(bin, Count);

    public int IndexOf(float probability)
    {
        // The product may round across an edge, so the edges decide.
        var bin = Math.Clamp((int)MathF.Ceiling(probability * Count) - 1, 0, Count - 1);
        while (bin > 0 && probability <= _upper[bin - 1])
        {
            bin--;
        }

        while (bin < Count - 1 && probability > _upper[bin])
        {
            bin++;
        }

        return bin;
    }

    private static double UpperOf(int bin, int count) => (bin + 1) / (double)count;
}
