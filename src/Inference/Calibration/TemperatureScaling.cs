using System.Globalization;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Temperature scaling: the one T at which softmax(z / T) gives held-out labels the highest likelihood. The order of the classes stays, and so
/// does accuracy. Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017.
/// </summary>
public static class TemperatureScaling
{
    // Newton's steps square the error near the end: the last step is far below this, and the error is below 1e-6 by far.
    private const double RelativeTolerance = 1e-9;
    private const int MaxSteps = 200;
    private const double LargestStep = 8;

    // The nodes between which a replicate's derivative is interpolated reach this many standard errors of ln β to either side.
    private const int NodeReach = 6;
    private const double LargestNodeSpread = 1;

    // Beyond this many rows a standard error is so small that the derivative is a straight line over several.
    private const int ManyRows = 50_000;

    /// <summary>
    /// Minimises the mean negative log-likelihood <c>(1/n) Σ_i [ln Σ_j exp(β z_ij) − β z_iy]</c>, which is convex in β = 1/T, by Newton's method
    /// inside a bracket, in double precision, to a relative 1e-6 of T and better.
    /// </summary>
    /// <param name="data">Labelled data that the model was not trained on. Rows whose right class has the logit −∞ say nothing about T and are left out.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>T, &gt; 0, finite as a float too.</returns>
    /// <exception cref="InferenceException">
    /// One class only is present; or there is no best T: every answer is right, so that the likelihood rises for ever as T falls to 0, or the logits
    /// say no more about the labels than chance does, so that it rises for ever as T grows.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> asked for it.</exception>
    public static double Fit(LabelledLogits data, CancellationToken cancellationToken = default)
    {
        CheckThereIsAMinimum(data, cancellationToken);

        // The derivative rises through 0 between these, or the best temperature is none that a float can hold.
        var (low, high) = (1e-40, 1e50);
        var beta = 1.0;
        for (var step = 0; step < MaxSteps; step++)
        {
            var (slope, curvature, _) = Derivatives(data, beta, cancellationToken);
            if (slope < 0)
                low = beta;
            else
                high = beta;

            var next = curvature > 0 ? beta - (slope / curvature) : slope < 0 ? double.PositiveInfinity : 0;
            next = Math.Clamp(next, beta / LargestStep, beta * LargestStep);
            if (Math.Abs(next - beta) <= RelativeTolerance * beta)
                return ToTemperature(next, data.Count);

            beta = next > low && next < high ? next : Math.Sqrt(low) * Math.Sqrt(high);
            if (high / low - 1 <= RelativeTolerance)
                break;
        }

        return ToTemperature(beta, data.Count);
    }

    /// <summary>
    /// The percentile interval of T over bootstrap replicates (Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979). A replicate's T is
    /// where its derivative of the likelihood, a sum over its rows, is 0; the derivatives of all rows are taken once, at nodes around the
    /// fitted β, and summed and interpolated between them for each replicate.
    /// </summary>
    internal static Interval BootstrapInterval(LabelledLogits data, double temperature, CalibrationOptions options, CancellationToken cancellationToken)
    {
        var nodes = Nodes(data, 1 / temperature, cancellationToken);
        var bootstrap = new Bootstrap(data.Count, nodes.Length, options.Seed);
        for (var row = 0; row < data.Count; row++)
        {
            Conformal.CheckNow(row, cancellationToken);
            var slopes = bootstrap.CellsOf(row);
            for (var node = 0; node < nodes.Length; node++)
                slopes[node] += RowDerivatives(data.Row(row), data.LabelOf(row), nodes[node]).Slope;
        }

        var temperatures = new double[options.Replicates];
        bootstrap.Replicate(options.Replicates, (replicate, slopes) => temperatures[replicate] = Math.Min(1 / Root(nodes, slopes), float.MaxValue), cancellationToken);
        return Bootstrap.Percentiles(temperatures);
    }

    private static double[] Nodes(LabelledLogits data, double beta, CancellationToken cancellationToken)
    {
        // The sandwich estimate: the standard error of β is √(Σ slope²) / Σ curvature. White, "Maximum Likelihood Estimation of Misspecified Models", 1982.
        var (_, curvature, squares) = Derivatives(data, beta, cancellationToken);
        var spread = Math.Min(Math.Sqrt(squares / data.Count) / (curvature * beta), LargestNodeSpread);
        var steps = data.Count > ManyRows ? NodeReach : NodeReach * 4;
        var nodes = new double[steps + 2];
        for (var i = 0; i <= steps; i++)
            nodes[i + 1] = beta * Math.Exp(spread * NodeReach * ((2.0 * i / steps) - 1));
        return nodes;
    }

    /// <summary>Where a rising function is 0, given at the nodes, the first of which is 0; ∞ where it stays below.</summary>
    private static double Root(ReadOnlySpan<double> nodes, ReadOnlySpan<double> slopes)
    {
        if (slopes[0] >= 0)
            return 0;
        for (var i = 1; i < nodes.Length; i++)
        {
            if (slopes[i] >= 0)
                return nodes[i - 1] + ((nodes[i] - nodes[i - 1]) * slopes[i - 1] / (slopes[i - 1] - slopes[i]));
        }

        return double.PositiveInfinity;
    }

    private static void CheckThereIsAMinimum(LabelledLogits data, CancellationToken cancellationToken)
    {
        if (!data.Labels.ContainsAnyExcept(data.LabelOf(0)))
            throw Impossible($"All {data.Count} labels are class {data.LabelOf(0)}; calibration needs images of at least two classes.");

        var (usable, allRight) = (0, true);
        for (var row = 0; row < data.Count; row++)
        {
            var own = data.Row(row)[data.LabelOf(row)];
            usable += float.IsNegativeInfinity(own) ? 0 : 1;
            allRight &= float.IsNegativeInfinity(own) || !AnyAbove(data.Row(row), own);
        }

        if (usable == 0)
            throw Impossible($"The right class has the logit -Infinity in all {data.Count} rows; no temperature changes that.");
        if (Derivatives(data, 0, cancellationToken).Slope >= 0)
            throw Impossible($"The logits of these {data.Count} rows say nothing about their labels: the likelihood only rises as the temperature grows without end. Are labels and classes in the same order?");
        if (allRight)
            throw Impossible($"Every one of the {usable} rows is answered right: the likelihood only rises as the temperature falls to 0, so none is best. Give more images, or harder ones, until some are answered wrong.");
    }

    private static bool AnyAbove(ReadOnlySpan<float> logits, float own)
    {
        foreach (var logit in logits)
        {
            if (logit > own)
                return true;
        }

        return false;
    }

    private static double ToTemperature(double beta, int count) =>
        (float)(1 / beta) is > 0 and < float.PositiveInfinity
            ? 1 / beta
            : throw Impossible(string.Create(CultureInfo.InvariantCulture, $"The best temperature for these {count} rows is {1 / beta}, which a float cannot hold; are these logits?"));

    /// <summary>The means of slope and curvature in β over all rows, and of the slope's square.</summary>
    private static (double Slope, double Curvature, double SlopeSquare) Derivatives(LabelledLogits data, double beta, CancellationToken cancellationToken)
    {
        var (slopes, curvatures, squares) = (0.0, 0.0, 0.0);
        for (var row = 0; row < data.Count; row++)
        {
            Conformal.CheckNow(row, cancellationToken);
            var (slope, curvature) = RowDerivatives(data.Row(row), data.LabelOf(row), beta);
            slopes += slope;
            curvatures += curvature;
            squares += slope * slope;
        }

        return (slopes / data.Count, curvatures / data.Count, squares / data.Count);
    }

    /// <summary>
    /// d/dβ and d²/dβ² of ln Σ_j exp(β z_j) − β z_y: under p = softmax(β z) the mean of z less z_y, and the variance of z. Taken of e = z − max z.
    /// </summary>
    private static (double Slope, double Curvature) RowDerivatives(ReadOnlySpan<float> logits, int label, double beta)
    {
        if (float.IsNegativeInfinity(logits[label]))
            return (0, 0);

        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);

        var (weights, first, second) = (0.0, 0.0, 0.0);
        foreach (var logit in logits)
        {
            if (float.IsNegativeInfinity(logit))
                continue;

            var e = (double)logit - largest;
            var weight = Math.Exp(beta * e);
            weights += weight;
            first += weight * e;
            second += weight * e * e;
        }

        var mean = first / weights;
        return (mean - ((double)logits[label] - largest), Math.Max((second / weights) - (mean * mean), 0));
    }

    private static InferenceException Impossible(string message) => new(InferenceError.CalibrationImpossible, message);
}
