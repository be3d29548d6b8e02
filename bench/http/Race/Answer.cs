using System.Net.Http.Headers;
using System.Text.Json;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A contender's answer to the image of a seven.</summary>
/// <param name="Label">The most probable class.</param>
/// <param name="Probability">Its probability.</param>
internal sealed record Answer(string Label, double Probability)
{
    private const string Right = "7";
    private const double Tolerance = 1e-4;
    private static readonly byte[] Seven = File.ReadAllBytes(PostedBody.Seven.Path);

    public bool IsRight => Label == Right;

    public bool IsLike(Answer other) => Label == other.Label && Math.Abs(Probability - other.Probability) <= Tolerance;

    /// <summary>Returns null if the server answers with another status than success.</summary>
    public static async Task<Answer?> ToSevenAsync(HttpClient client)
    {
        using var answer = await PostAsync(client, RequestKind.Classify.Path, Seven, PostedBody.Seven.MediaType);
        if (!answer.IsSuccessStatusCode)
        {
            return null;
        }

        using var json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync());
        var top = json.RootElement.GetProperty("predictions")[0];
        // A label is never null.
        return new Answer(top.GetProperty("label").GetString()!, top.GetProperty("probability").GetDouble());
    }

    /// <summary>The bytes of the answer to a request.</summary>
    public static async Task<byte[]> BytesAsync(HttpClient client, RequestKind kind, RaceFiles files)
    {
        var body = kind.BodyOf(files);
        using var answer = await PostAsync(client, kind.Path, await File.ReadAllBytesAsync(body.Path), body.MediaType);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<HttpResponseMessage> PostAsync(
        HttpClient client,
        string path,
        byte[] body,
        string mediaType)
    {
        using var content = new ByteArrayContent(body)
        {
            Headers = { ContentType = new MediaTypeHeaderValue(mediaType) },
        };
        return await client.PostAsync(new Uri(path, UriKind.Relative), content);
    }
}
