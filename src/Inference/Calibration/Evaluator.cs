using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Measures probabilities against labels. Every metric is a function of sums over rows, as the bootstrap needs.
/// The constants and offsets below are the layout of those sums.
/// </summary>
internal sealed class Evaluator
{
    /// <summary>
    /// With more classes there is no confusion matrix and no classwise interval: both would outgrow the data.
    /// </summary>
    public const int MaxTabulatedClasses = 2048;

    // Classes × bins. The bootstrap keeps these for each of its groups, of which there are at least 200; the error
    // itself needs them only once.
    private const int MaxResampledCells = 16_384;
    private const int MaxCells = 4_194_304;

    /// <summary>−ln 2⁻¹⁴⁹, the NLL of the smallest probability that a float holds.</summary>
    internal const double LargestFloatNll = 149 * 0.6931471805599453;

    private const int CountSum = 0;
    private const int RightSum = 1;
    private const int NllSum = 2;
    private const int BrierSum = 3;
    private const int FirstBinSum = 4;

    private readonly LabelledLogits _data;
    private readonly float _temperature;
    private readonly CalibrationOptions _options;
    private readonly CancellationToken _cancellationToken;
    private readonly ConfidenceBins _bins;
    private readonly float[] _confidences;
    private readonly bool[] _right;
    private readonly double[] _classGaps;
    private readonly int[][]? _confusion;
    private readonly bool _resamplesClasses;
    private readonly bool _hasClasswise;
    private readonly Bootstrap _sums;
    private int _zeroProbabilityLabels;

    public Evaluator(
        LabelledLogits data, float temperature, CalibrationOptions options, CancellationToken cancellationToken)
    {
        (_data, _temperature, _options, _cancellationToken) = (data, temperature, options, cancellationToken);
        _bins = new ConfidenceBins(options.Bins);
        _confidences = new float[data.Count];
        _right = new bool[data.Count];
        var tabulated = data.ClassCount <= MaxTabulatedClasses;
        _confusion = tabulated ? [.. Enumerable.Range(0, data.ClassCount).Select(_ => new int[data.ClassCount])] : null;
        var cells = (long)data.ClassCount * _bins.Count;
        _resamplesClasses = tabulated && cells <= MaxResampledCells;
        _hasClasswise = cells <= MaxCells;
        _classGaps = _hasClasswise && !_resamplesClasses ? new double[cells] : [];
        _sums = new Bootstrap(data.Count, ClassGap + (_resamplesClasses ? (int)cells : 0), options.Seed);
    }

    private int BinGap => FirstBinSum + _bins.Count;

    private int AdaptiveGap => BinGap + _bins.Count;

    private int ClassGap => AdaptiveGap + _bins.Count;

    public Evaluation Evaluate()
    {
        var probabilities = new float[_data.ClassCount];
        var logProbabilities = new float[_data.ClassCount];
        for (var row = 0; row < _data.Count; row++)
        {
            Conformal.CheckCancellation(row, _data.ClassCount, _cancellationToken);
            Softmax.Compute(_data.Row(row), probabilities, _temperature);
            Softmax.ComputeLog(_data.Row(row), logProbabilities, _temperature);
            Add(row, probabilities, logProbabilities);
        }

        AddAdaptiveBins();
        var totals = _sums.Totals();
        return new Evaluation
        {
            Temperature = _temperature,
            Count = _data.Count,
            ClassCount = _data.ClassCount,
            Metrics = Metrics(totals, _resamplesClasses ? totals.AsSpan(ClassGap) : _classGaps) with
            {
                Intervals = _options.Replicates == 0 ? null : Intervals(),
            },
            Reliability = Reliability(totals),
            ConfusionMatrix = _confusion,
            ZeroProbabilityLabels = _zeroProbabilityLabels,
        };
    }

    private void Add(int row, ReadOnlySpan<float> probabilities, ReadOnlySpan<float> logProbabilities)
    {
        var logits = _data.Row(row);
        var label = _data.LabelOf(row);
        var answer = FirstLargest(logits);
        var confidence = probabilities[answer];
        var right = answer == label;
        var sums = _sums.CellsOf(row);
        sums[CountSum] += 1;
        sums[RightSum] += right ? 1 : 0;
        sums[NllSum] += Nll(logits, label, answer, logProbabilities[label]);
        sums[BrierSum] += Brier(probabilities, label);

        var bin = _bins.IndexOf(confidence);
        sums[FirstBinSum + bin] += 1;
        sums[BinGap + bin] += (right ? 1.0 : 0.0) - confidence;

        var classGaps = _resamplesClasses ? sums[ClassGap..] : _classGaps;
        for (var k = 0; k < probabilities.Length && _hasClasswise; k++)
        {
            var cell = (k * _bins.Count) + _bins.IndexOf(probabilities[k]);
            classGaps[cell] += (k == label ? 1.0 : 0.0) - probabilities[k];
        }

        if (_confusion is not null)
        {
            _confusion[label][answer]++;
        }

        (_confidences[row], _right[row]) = (confidence, right);
    }

    /// <summary>−ln p_y, from the log-softmax, which is accurate near 0 and far from it.</summary>
    private double Nll(ReadOnlySpan<float> logits, int label, int answer, float logProbability)
    {
        if (float.IsNegativeInfinity(logits[label]))
        {
            _zeroProbabilityLabels++;
            return LargestFloatNll;
        }

        // For a log-probability beyond float's range, only the distance to the largest logit matters.
        return float.IsNegativeInfinity(logProbability)
            ? ((double)logits[answer] - logits[label]) / _temperature
            : -(double)logProbability;
    }

    /// <summary>
    /// Σ_k (p_k − y_k)², 0…2. Brier, "Verification of Forecasts Expressed in Terms of Probability", 1950.
    /// </summary>
    private static double Brier(ReadOnlySpan<float> probabilities, int label)
    {
        var sum = 0.0;
        for (var k = 0; k < probabilities.Length; k++)
        {
            var gap = probabilities[k] - (k == label ? 1.0 : 0.0);
            sum += gap * gap;
        }

        return sum;
    }

    /// <summary>
    /// The class that is served first. Among equal logits it has the lowest index, as in <see cref="Ranking"/>.
    /// </summary>
    private static int FirstLargest(ReadOnlySpan<float> logits)
    {
        var first = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            first = logits[i] > logits[first] ? i : first;
        }

        return first;
    }

    /// <summary>
    /// Bins of equal mass. The edges are the confidences of ranks ⌈b n / M⌉, and equal confidences share a bin, so the
    /// order of the rows does not matter. The bootstrap keeps the edges. Nguyen and O'Connor, "Posterior calibration
    /// and exploratory analysis for natural language processing models", 2015; Nixon et al., "Measuring Calibration in
    /// Deep Learning", 2019.
    /// </summary>
    private void AddAdaptiveBins()
    {
        var sorted = (float[])_confidences.Clone();
        Array.Sort(sorted);
        var edges = new float[_bins.Count];
        for (var bin = 0; bin < edges.Length; bin++)
        {
            edges[bin] = sorted[(int)((((bin + 1L) * sorted.Length) + edges.Length - 1) / edges.Length) - 1];
        }

        for (var row = 0; row < _confidences.Length; row++)
        {
            // Finds the first edge that is not below. A repeated edge leaves the bins above it empty.
            var (low, high) = (0, edges.Length - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = edges[middle] >= _confidences[row] ? (low, middle) : (middle + 1, high);
            }

            _sums.CellsOf(row)[AdaptiveGap + low] += (_right[row] ? 1.0 : 0.0) - _confidences[row];
        }
    }

    /// <summary>
    /// ECE = Σ_b (n_b/n) |acc_b − conf_b| = (1/n) Σ_b |Σ_{i∈b} (right_i − p_i)|: Naeini, Cooper and Hauskrecht,
    /// "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015, which also defines
    /// MCE = max_b |acc_b − conf_b|. The bins are those of Guo et al. 2017. The classwise ECE is the mean of the ECE of
    /// p_k over the classes: Kull et al., "Beyond temperature scaling", 2019; Nixon et al. 2019 call it static.
    /// </summary>
    private CalibrationMetrics Metrics(ReadOnlySpan<double> sums, ReadOnlySpan<double> classGaps)
    {
        var n = sums[CountSum];
        var mce = 0.0;
        for (var bin = 0; bin < _bins.Count; bin++)
        {
            var count = sums[FirstBinSum + bin];
            mce = count > 0 ? Math.Max(mce, Math.Abs(sums[BinGap + bin]) / count) : mce;
        }

        return new CalibrationMetrics
        {
            Accuracy = sums[RightSum] / n,
            Nll = sums[NllSum] / n,
            Brier = sums[BrierSum] / n,
            Ece = SumOfMagnitudes(sums.Slice(BinGap, _bins.Count)) / n,
            Mce = mce,
            AdaptiveEce = SumOfMagnitudes(sums.Slice(AdaptiveGap, _bins.Count)) / n,
            ClasswiseEce = classGaps.IsEmpty ? null : SumOfMagnitudes(classGaps) / n / _data.ClassCount,
        };
    }

    private MetricIntervals Intervals()
    {
        var metrics = new CalibrationMetrics[_options.Replicates];
        _sums.Replicate(
            metrics.Length,
            (replicate, sums) =>
                metrics[replicate] = Metrics(sums, _resamplesClasses ? sums.AsSpan(ClassGap) : []),
            _cancellationToken);
        return new MetricIntervals
        {
            Accuracy = Of(one => one.Accuracy),
            Nll = Of(one => one.Nll),
            Brier = Of(one => one.Brier),
            Ece = Of(one => one.Ece),
            Mce = Of(one => one.Mce),
            AdaptiveEce = Of(one => one.AdaptiveEce!.Value), // Metrics always sets this
            ClasswiseEce = !_resamplesClasses ? null : Of(one => one.ClasswiseEce!.Value), // and this
        };

        Interval Of(Converter<CalibrationMetrics, double> metric) =>
            Bootstrap.Percentiles(Array.ConvertAll(metrics, metric));
    }

    private ReliabilityBin[] Reliability(double[] totals)
    {
        var confidence = new double[_bins.Count];
        var right = new int[_bins.Count];
        for (var row = 0; row < _confidences.Length; row++)
        {
            var bin = _bins.IndexOf(_confidences[row]);
            confidence[bin] += _confidences[row];
            right[bin] += _right[row] ? 1 : 0;
        }

        return [.. Enumerable.Range(0, _bins.Count).Select(bin => new ReliabilityBin
        {
            Lower = _bins.Lower(bin),
            Upper = _bins.Upper(bin),
            Count = (int)totals[FirstBinSum + bin],
            Confidence = confidence[bin] / Math.Max(totals[FirstBinSum + bin], 1),
            Accuracy = right[bin] / Math.Max(totals[FirstBinSum + bin], 1),
        })];
    }

    private static double SumOfMagnitudes(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += Math.Abs(value);
        }

        return sum;
    }
}
