using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>What a probe's process is to load, as one line of its input.</summary>
/// <param name="Folder">The version's folder.</param>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version.</param>
/// <param name="LoadSeconds">How long the load may take.</param>
/// <param name="MemoryBytes">How much memory the process may take.</param>
/// <param name="IntraOpThreads">Threads inside one run.</param>
/// <param name="MaxBatchSize">The most items that share a run.</param>
/// <param name="TemporaryFolder">
/// The folder for temporary files, which the service deletes, or the process if the service is gone.
/// </param>
internal sealed record ProbeRequest(
    string Folder, string Name, string Version, double LoadSeconds, long MemoryBytes, int IntraOpThreads,
    int MaxBatchSize, string? TemporaryFolder = null);

/// <summary>What a probe's process answers, each as one line of its output.</summary>
/// <param name="Kind">Which of its answers it is.</param>
/// <param name="Fault">Why the version cannot be served; null if it can.</param>
internal sealed record ProbeAnswer(ProbeAnswerKind Kind, string? Fault = null);

/// <summary>The answers of a probe's process, in their order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProbeAnswerKind>))]
internal enum ProbeAnswerKind
{
    /// <summary>
    /// It has limited itself and now opens the model: what happens from here on is the model's doing.
    /// </summary>
    Begun,

    /// <summary>It has loaded, warmed up and freed the model, or knows why it cannot.</summary>
    Judged,
}

[JsonSerializable(typeof(ProbeRequest))]
[JsonSerializable(typeof(ProbeAnswer))]
internal sealed partial class ProbeJsonContext : JsonSerializerContext
{
    /// <summary>Writes one line of ASCII, whatever the texts hold and the console's encoding is.</summary>
    public static ProbeJsonContext OneLine { get; } =
        new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.Default });
}
