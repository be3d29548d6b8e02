namespace SoftmaxService.Inference.Models.Scores;

/// <summary>What the last nodes of a graph compute.</summary>
internal enum GraphEndingKind
{
    /// <summary>None of the kinds below: only the numbers themselves can tell.</summary>
    Other,

    /// <summary>A layer whose results are unbounded, as in front of a softmax.</summary>
    Linear,

    /// <summary>A softmax: probabilities that sum to 1.</summary>
    Softmax,

    /// <summary>The logarithm of a softmax.</summary>
    LogSoftmax,

    /// <summary>A sigmoid: every number is a probability by itself.</summary>
    Sigmoid,
}
