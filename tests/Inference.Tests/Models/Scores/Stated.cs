namespace SoftmaxService.Inference.Tests.Models.Scores;

/// <summary>Manifests that state what the output's numbers are.</summary>
internal static class Stated
{
    public const string Probabilities = """{"output": {"kind": "probabilities"}}""";
    public const string LogProbabilities = """{"output": {"kind": "log-probabilities"}}""";
    public const string Logits = """{"output": {"kind": "logits"}}""";
}
