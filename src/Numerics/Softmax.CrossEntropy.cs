namespace SoftmaxService.Numerics;

public static partial class Softmax
{
    /// <summary>
    /// The cross-entropy of one row for a target class t, −log p_t, and its gradient with respect to the logits: (p_i −
    /// [i = t]) / T.
    /// </summary>
    /// <remarks>
    /// The loss is within 2 units in the last place. The target's gradient is computed as the negative sum of the
    /// others, so it keeps its digits however certain the target is, as long as the probabilities do: where a p_i is in
    /// float's denormal range, so are the digits of p_i / T, however small T. A target at −∞ has a loss of +∞; its
    /// gradient, like that of every class at −∞, is 0.
    /// </remarks>
    /// <param name="logits">
    /// The row z, K ≥ 1 logits of any magnitude. See <see cref="Softmax"/> for −∞, +∞ and NaN.
    /// </param>
    /// <param name="target">t, the index of the class that is right, from 0 to K − 1.</param>
    /// <param name="gradient">
    /// Receives the gradient in its first K elements. The others are not changed. May be <paramref name="logits"/>
    /// itself.
    /// </param>
    /// <param name="temperature">T, finite and above 0, in the unit of the logits.</param>
    /// <returns>The loss in nats, at least 0; NaN for a row that has no softmax.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="logits"/> is empty, <paramref name="gradient"/> is shorter, or the two overlap partially.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="target"/> is not a class, or <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static float CrossEntropy(
        ReadOnlySpan<float> logits, int target, Span<float> gradient, float temperature = NoTemperature)
    {
        CheckRow(logits);
        CheckTemperature(temperature);
        CheckTarget(target, logits.Length);
        gradient = CheckDestination(logits, gradient, nameof(gradient));
        var loss = 0f;
        SoftmaxKernel.Run(new CrossEntropyOperation(
            logits, new(in target), new(ref loss), gradient, logits.Length, new(in temperature)));
        return loss;
    }

    /// <summary>
    /// The cross-entropy and its gradient for each row of a matrix of logits, at one temperature. See
    /// <see cref="CrossEntropy"/>.
    /// </summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="targets">The class that is right, for each row.</param>
    /// <param name="losses">Receives one loss per row, not averaged. Later elements are not changed.</param>
    /// <param name="gradient">
    /// Receives the gradient of each row's own loss. Later elements are not changed. May be <paramref name="logits"/>
    /// itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperature">T, finite and above 0.</param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>, there is not one
    /// target per row, a destination is too short, <paramref name="gradient"/> overlaps the logits partially, or
    /// <paramref name="losses"/> overlaps one of the two.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, a target is not a class, or <paramref name="temperature"/> is 0,
    /// negative, infinite or NaN.
    /// </exception>
    public static void CrossEntropyRows(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> targets, Span<float> losses, Span<float> gradient, int classCount,
        float temperature = NoTemperature)
    {
        var rowCount = CheckRows(logits, classCount);
        CheckTemperature(temperature);
        gradient = CheckDestination(logits, gradient, nameof(gradient));
        losses = CheckLosses(logits, losses, gradient, rowCount);
        CheckTargets(targets, classCount, rowCount, losses, gradient);
        SoftmaxKernel.Run(new CrossEntropyOperation(
            logits, targets, losses, gradient, classCount, new(in temperature)));
    }

    /// <summary>
    /// The cross-entropy and its gradient for each row of a matrix of logits, each row at its own temperature. See
    /// <see cref="CrossEntropy"/>.
    /// </summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="targets">The class that is right, for each row.</param>
    /// <param name="losses">Receives one loss per row, not averaged. Later elements are not changed.</param>
    /// <param name="gradient">
    /// Receives the gradient of each row's own loss. Later elements are not changed. May be <paramref name="logits"/>
    /// itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperatures">
    /// One T per row, finite and above 0. All are checked before anything is written.
    /// </param>
    /// <exception cref="ArgumentException">
    /// As for one temperature; or there is not one temperature per row, or a destination overlaps the temperatures.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, a target is not a class, or a temperature is 0, negative, infinite or
    /// NaN.
    /// </exception>
    public static void CrossEntropyRows(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> targets, Span<float> losses, Span<float> gradient, int classCount,
        ReadOnlySpan<float> temperatures)
    {
        var rowCount = CheckRows(logits, classCount);
        gradient = CheckDestination(logits, gradient, nameof(gradient));
        losses = CheckLosses(logits, losses, gradient, rowCount);
        CheckTargets(targets, classCount, rowCount, losses, gradient);
        CheckTemperatures(temperatures, rowCount, gradient);
        CheckTemperatures(temperatures, rowCount, losses);
        SoftmaxKernel.Run(new CrossEntropyOperation(logits, targets, losses, gradient, classCount, temperatures));
    }
}
