using System.IO.Compression;
using System.Text;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Wire;

/// <summary>Limits on the content of a request. Each rejection names the limit and its setting.</summary>
public sealed class RequestLimitsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task MoreLogitsThanTheLimitAreRejectedInEveryForm()
    {
        using var service = Service(("Limits:MaxLogitsPerRequest", "6"));
        using var generous = Service();

        Assert.Equal(200, (await service.SoftmaxAsync("""{"logits": [[1,2,3],[4,5,6]]}""")).Status);
        foreach (var (path, body) in new[]
        {
            ("/softmax", """{"logits": [1,2,3,4,5,6,7]}"""),
            ("/softmax", """{"logits": [[1,2],[3,4],[5,6],[7,8]]}"""),
            ("/softmax/gradient", """{"logits": [1,2,3,4,5,6,7], "target": 0}"""),
            ("/softmax/gradient", """{"logits": [1,2], "upstream": [1,2,3,4,5,6,7]}"""),
            ("/calibrate", """{"logits": [[1,2],[3,4],[5,6],[7,8]], "labels": [0,1,0,1]}"""),
        })
        {
            var answer = await service.PostAsync(path, body);
            answer.IsProblem(413, "too-many-logits", "more than 6 ", "Limits:MaxLogitsPerRequest");
        }

        Assert.Equal(200, (await service.PostAsync("/softmax", new byte[24], "application/octet-stream")).Status);
        (await service.PostAsync("/softmax", new byte[28], "application/octet-stream")).IsProblem(
            413,
            "too-many-logits",
            "Limits:MaxLogitsPerRequest");

        // Limits belong to one service, not to the process.
        Assert.Equal(200, (await generous.SoftmaxAsync("""{"logits": [1,2,3,4,5,6,7]}""")).Status);
    }

    [Theory]
    [InlineData("4")]
    [InlineData("32")]
    [InlineData("64")]
    public async Task JsonThatIsNestedTooDeepIsRejected(string depth)
    {
        using var service = Service(("Limits:MaxJsonDepth", depth));
        var tooDeep = new string('[', 100_000);

        foreach (var path in new[] { "/softmax", "/softmax/gradient", "/calibrate", "/classify?model=plain" })
        {
            (await service.PostAsync(path, $$"""{"logits": {{tooDeep}}""")).IsProblem(
                400,
                path == "/classify?model=plain" ? "malformed-json" : "invalid-logits");
            (await service.PostAsync(path, tooDeep)).IsProblem(400, "malformed-json");
        }

        foreach (var path in new[] { "/v2/models/plain/infer", "/v2/repository/index" })
        {
            (await service.PostAsync(path, $$"""{"extra": {{tooDeep}}""")).IsError(
                400,
                $"deeper than {depth} levels",
                "Limits:MaxJsonDepth");
            (await service.PostAsync(path, tooDeep)).IsError(400);
        }

        var data = new string('[', 60) + "1" + new string(']', 60);
        var answer = await service.PostAsync(
            "/v2/models/plain/infer",
            $$"""{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": {{data}}}]}"""
        );
        answer.IsError(400, depth == "64" ? "data of input" : "Limits:MaxJsonDepth");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task ABodyThatInflatesBeyondTheLimitIsRejected(string encoding)
    {
        using var service = Service(("Limits:MaxDecompressedBytes", "1000"));
        var bomb = new MemoryStream();
        await using (
            Stream stream =
                encoding == "gzip"
                    ? new GZipStream(bomb, CompressionLevel.Optimal, leaveOpen: true)
                    : new ZLibStream(bomb, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(new byte[1_000_000]);
        }

        (await service.SendAsync("/v2/models/plain/infer", bomb.ToArray(), ("Content-Encoding", encoding))).IsError(
            413,
            "1000 bytes",
            "Limits:MaxDecompressedBytes");
        Assert.Equal(
            200,
            (
                await service.SendAsync(
                    "/v2/models/plain/infer",
                    Encoding.UTF8.GetBytes(
                        $$"""
                        {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}],
                         "extra": "{{new string('x', 2000)}}"}
                        """))).Status);
    }

    public void Dispose() => _folder.Dispose();

    private ServiceWith Service(params (string Name, string Value)[] settings)
    {
        _folder.Write("plain/1/model.onnx", FourPixelModels.Plain());
        _folder.Write("plain/1/model.json", FourPixelModels.IsImage);
        return new ServiceWith([("Models:Folder", _folder.Path), .. settings]);
    }
}
