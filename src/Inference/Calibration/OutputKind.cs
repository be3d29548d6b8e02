using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Calibration;

/// <summary>What the numbers that a model puts out are. Names as in a manifest.</summary>
public enum OutputKind
{
    /// <summary>Unnormalised log-probabilities: the numbers before softmax.</summary>
    [JsonStringEnumMemberName("logits")]
    Logits,

    /// <summary>Numbers in 0…1 that sum to 1; their logarithms serve as logits.</summary>
    [JsonStringEnumMemberName("probabilities")]
    Probabilities,

    /// <summary>Logarithms of probabilities; they serve as logits.</summary>
    [JsonStringEnumMemberName("log-probabilities")]
    LogProbabilities,
}
