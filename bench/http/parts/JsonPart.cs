using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.HttpBenchmarks.Parts;

/// <summary>
/// System.Text.Json, source-generated, reads a request to POST /softmax and writes the numbers of our reply into a
/// reused buffer.
/// </summary>
internal sealed class JsonPart : IDisposable
{
    private readonly byte[] _request;
    private readonly SoftmaxReply _reply;
    private readonly ArrayBufferWriter<byte> _written = new(1 << 16);
    private readonly Utf8JsonWriter _writer;

    public JsonPart(byte[] request, byte[] reply)
    {
        _request = request;
        _reply = JsonSerializer.Deserialize(reply, JsonContext.Default.SoftmaxReply)!; // Our reply is never null.
        _writer = new Utf8JsonWriter(_written, new JsonWriterOptions { SkipValidation = true });
        Once();
        if (_written.WrittenCount != reply.Length)
        {
            throw new InvalidDataException(
                $"The reply has {reply.Length} bytes, but {_written.WrittenCount} were written: it must have new "
                    + "properties that this benchmark lacks.");
        }
    }

    public void Once()
    {
        _ = JsonSerializer.Deserialize(_request, JsonContext.Default.SoftmaxRequest);
        _written.ResetWrittenCount();
        _writer.Reset();
        JsonSerializer.Serialize(_writer, _reply, JsonContext.Default.SoftmaxReply);
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();
}

internal sealed record SoftmaxRequest(float[] Logits, int? TopK);

internal sealed record SoftmaxReply(
    float[] Probabilities,
    float[]? LogProbabilities,
    RankedClass[]? Ranked,
    SoftmaxUncertainty? Uncertainty);

internal readonly record struct RankedClass(string Label, int Index, float Probability);

internal readonly record struct SoftmaxUncertainty(float Entropy, float Margin, float Energy);

[JsonSerializable(typeof(SoftmaxRequest))]
[JsonSerializable(typeof(SoftmaxReply))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class JsonContext : JsonSerializerContext;
