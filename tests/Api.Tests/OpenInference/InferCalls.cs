using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Requests as clients of the protocol send them, made of bytes and headers without our code.</summary>
internal static class InferCalls
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    /// <summary>One item for <see cref="FourPixelModels"/>, whose scores are 3, 1 and 2.</summary>
    public const string One =
        """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [3, 1, 2, 9]}]}""";

    /// <summary>The JSON object with one more property.</summary>
    public static string With(this string json, string property) => $"{json[..^1]}, {property}}}";

    public static Task<Answer> InferAsync(this RunningService service, string json, string model = "mnist") =>
        service.SendAsync($"/v2/models/{model}/infer", Encoding.UTF8.GetBytes(json));

    /// <summary>JSON and blobs in the form of the binary extension.</summary>
    public static Task<Answer> InferAsync(
        this RunningService service,
        string json,
        byte[] blobs,
        string model = "mnist") =>
        service.SendAsync(
            $"/v2/models/{model}/infer",
            [.. Encoding.UTF8.GetBytes(json), .. blobs],
            (HeaderLength, Text(Encoding.UTF8.GetByteCount(json))),
            ("Content-Type", "application/octet-stream"));

    public static async Task<Answer> SendAsync(
        this RunningService service,
        string path,
        byte[] body,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await Answer.ReadAsync(await service.Client.SendAsync(request));
    }

    /// <summary>An error of the protocol: one property, one sentence.</summary>
    public static void IsError(this Answer answer, int status, params string[] mentions)
    {
        Assert.Equal((status, "application/json"), (answer.Status, answer.MediaType));
        var property = Assert.Single(answer.Json.EnumerateObject());
        Assert.Equal("error", property.Name);
        Assert.NotEmpty(property.Value.GetString()!);
        foreach (var mention in mentions)
        {
            Assert.Contains(mention, property.Value.GetString(), StringComparison.Ordinal);
        }
    }

    public static JsonElement Output(this Answer answer, string name)
    {
        Assert.True(answer.Status == 200, $"{answer.Status}: {Encoding.UTF8.GetString(answer.Body)}");
        return answer.Json.Output(name);
    }

    public static JsonElement Output(this JsonElement answer, string name) =>
        answer.GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == name);

    public static float[] Floats(this JsonElement output) =>
        [.. output.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

    public static string[] Texts(this JsonElement output) =>
        [.. output.GetProperty("data").EnumerateArray().Select(value => value.GetString()!)];

    public static long[] Shape(this JsonElement output) =>
        [.. output.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];

    public static void IsSoftmaxOf(this JsonElement output, double[] logits, double temperature)
    {
        var exponentials = logits.Select(z => Math.Exp((z - logits.Max()) / temperature)).ToArray();
        Assert.Equal(
            exponentials.Select(e => e / exponentials.Sum()),
            output.Floats().Select(p => (double)p),
            (expected, actual) => Math.Abs(expected - actual) < 1e-6);
    }

    /// <summary>Splits a binary answer by its header and sizes alone.</summary>
    public static (JsonElement Json, Dictionary<string, byte[]> Blobs) Binary(this Answer answer)
    {
        Assert.True(answer.Status == 200, $"{answer.Status}: {Encoding.UTF8.GetString(answer.Body)}");
        Assert.Equal("application/octet-stream", answer.MediaType);
        var start = int.Parse(Assert.Single(answer.Headers.GetValues(HeaderLength)), CultureInfo.InvariantCulture);
        var json = JsonDocument.Parse(answer.Body.AsMemory(0, start)).RootElement;
        var blobs = new Dictionary<string, byte[]>();
        foreach (var output in json.GetProperty("outputs").EnumerateArray())
        {
            if (output.TryGetProperty("parameters", out var parameters))
            {
                var size = parameters.GetProperty("binary_data_size").GetInt32();
                blobs[output.GetProperty("name").GetString()!] = answer.Body[start..(start + size)];
                start += size;
                Assert.False(output.TryGetProperty("data", out _));
            }
        }

        Assert.Equal(answer.Body.Length, start);
        return (json, blobs);
    }

    public static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    public static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    /// <summary>The elements of BYTES, each prefixed with its length, as text.</summary>
    public static string[] Texts(byte[] elements)
    {
        var texts = new List<string>();
        for (var rest = elements.AsSpan(); rest.Length > 0;)
        {
            var length = BitConverter.ToInt32(rest);
            texts.Add(Encoding.UTF8.GetString(rest.Slice(4, length)));
            rest = rest[(4 + length)..];
        }

        return [.. texts];
    }

    public static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    public static string Text(IEnumerable<float> values) =>
        $"[{string.Join(", ", values.Select(value => Text(value)))}]";
}
