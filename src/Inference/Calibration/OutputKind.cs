using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Calibration;

/// <summary>What the numbers of a model's output are. The names are those in a manifest.</summary>
public enum OutputKind
{
    /// <summary>Unnormalized log-probabilities: the numbers before softmax.</summary>
    [JsonStringEnumMemberName("logits")]
    Logits,

    /// <summary>Numbers in 0…1 that sum to 1; their logarithms serve as logits.</summary>
    [JsonStringEnumMemberName("probabilities")]
    Probabilities,

    /// <summary>Logarithms of probabilities; they serve as logits.</summary>
    [JsonStringEnumMemberName("log-probabilities")]
    LogProbabilities,
}
