using System.Runtime.InteropServices;

namespace SoftmaxService.Api.Tests.Endpoints.Logits;

/// <summary><c>POST /softmax</c> with a body of binary floats.</summary>
[Collection(nameof(RunningService))]
public sealed class SoftmaxBinaryTests(RunningService service)
{
    [Fact]
    public async Task BinaryRowsAreAnsweredInBinary()
    {
        float[] logits = [2f, 1f, 0.1f, 0f, 0f, 0f];

        var answer = await service.PostAsync(
            "/softmax?classes=3&temperature=2",
            MemoryMarshal.AsBytes<float>(logits).ToArray(),
            "application/octet-stream");
        var json = await service.SoftmaxAsync("""{"logits": [[2.0, 1.0, 0.1], [0, 0, 0]], "temperature": 2}""");

        Assert.Equal((200, "application/octet-stream"), (answer.Status, answer.MediaType));
        var probabilities = MemoryMarshal.Cast<byte, float>(answer.Body).ToArray();
        Assert.Equal(
            json.Json.GetProperty("probabilities")
                .EnumerateArray()
                .SelectMany(row => row.EnumerateArray().Select(one => one.GetSingle())),
            probabilities);
    }

    [Fact]
    public async Task ABinaryBodyIsOneRowByDefault()
    {
        var answer = await service.PostAsync("/softmax", new byte[16], "application/octet-stream");

        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f], MemoryMarshal.Cast<byte, float>(answer.Body).ToArray());
    }

    [Theory]
    [InlineData("?classes=3", 16, "invalid-logits")]
    [InlineData("?classes=0", 16, "invalid-parameter")]
    [InlineData("?classes=99999999999", 16, "invalid-logits")]
    [InlineData("", 1, "invalid-logits")]
    [InlineData("", 3, "invalid-logits")]
    [InlineData("?temperature=0", 16, "invalid-parameter")]
    [InlineData("?topK=1", 16, "invalid-parameter")]
    [InlineData("", 0, "invalid-logits")]
    [InlineData("", 7, "invalid-logits")]
    public async Task ABinaryBodyWithAPartialRowIsRejected(string query, int length, string code) =>
        (await service.PostAsync($"/softmax{query}", new byte[length], "application/octet-stream")).IsProblem(
            400,
            code);

    [Fact]
    public async Task BinaryNaNIsRejectedByRow()
    {
        float[] logits = [1f, 2f, 3f, float.NaN];

        (
            await service.PostAsync(
                "/softmax?classes=2",
                MemoryMarshal.AsBytes<float>(logits).ToArray(),
                "application/octet-stream")).IsProblem(400, "invalid-logits", "Row 1");
    }
}
