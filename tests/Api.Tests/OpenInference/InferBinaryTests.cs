using System.Text;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The binary tensor extension: JSON followed by bytes.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferBinaryTests(SmallModelService service)
{
    private const string Header =
        """
        {"inputs": [
          {"name": "pixels", "datatype": "FP32", "shape": [1, 4], "parameters": {"binary_data_size": 16}}]}
        """;

    private static readonly byte[] Blob = InferCalls.Bytes(3, 1, 2, 9);

    [Fact]
    public async Task BytesInJsonOut()
    {
        var answer = await service.InferAsync(Header, Blob, "plain");

        Assert.Equal("application/json", answer.MediaType);
        Assert.False(answer.Headers.Contains(InferCalls.HeaderLength));
        Assert.Equal([3f, 1f, 2f], answer.Output("logits").Floats());
    }

    [Fact]
    public async Task BytesAreReturnedForOutputsThatRequestThem()
    {
        var (json, blobs) = (
            await service.InferAsync(
                Header.With(
                    """
                    "outputs": [
                      {"name": "logits", "parameters": {"binary_data": true}},
                      {"name": "scores"},
                      {"name": "probabilities", "parameters": {"binary_data": true}}]
                    """),
                Blob,
                "plain")).Binary();

        Assert.Equal(["logits", "probabilities"], blobs.Keys);
        Assert.Equal([3f, 1f, 2f], InferCalls.Floats(blobs["logits"]));
        Assert.Equal(1f, InferCalls.Floats(blobs["probabilities"]).Sum(), 1e-6f);
        Assert.Equal([3f, 1f, 2f], json.Output("scores").Floats());
        Assert.Equal("10", json.GetProperty("model_version").GetString());
    }

    [Fact]
    public async Task BinaryDataOutputIsTheDefaultOfAllOutputs()
    {
        var all = (
            await service.InferAsync(Header.With(""" "parameters": {"binary_data_output": true} """), Blob, "plain")
        ).Binary();
        var some = (
            await service.InferAsync(
                Header.With(
                    """
                    "parameters": {"binary_data_output": true},
                    "outputs": [{"name": "logits", "parameters": {"binary_data": false}}, {"name": "scores"}]
                    """),
                Blob,
                "plain")).Binary();

        Assert.Equal(["scores", "logits", "probabilities"], all.Blobs.Keys);
        Assert.Equal(["scores"], some.Blobs.Keys);
        Assert.Equal([3f, 1f, 2f], some.Json.Output("logits").Floats());
    }

    [Fact]
    public async Task JsonInBytesOutNeedsNoRequestHeader()
    {
        var (_, blobs) = (
            await service.InferAsync(
                """
                {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [3, 1, 2, 9]}],
                 "outputs": [{"name": "logits", "parameters": {"binary_data": true}}]}
                """,
                "plain")).Binary();

        Assert.Equal([3f, 1f, 2f], InferCalls.Floats(blobs["logits"]));
    }

    [Fact]
    public async Task SixteenBitFloatsAndEveryOtherDatatypeHaveBytes()
    {
        var (json, blobs) = (
            await service.InferAsync(Header.With(""" "parameters": {"binary_data_output": true} """), Blob, "many")
        ).Binary();

        Assert.Equal("FP16", json.Output("halves").GetProperty("datatype").GetString());
        Assert.Equal(
            [(Half)3f, (Half)1f, (Half)2f],
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(blobs["halves"]).ToArray());
        Assert.Equal(BitConverter.GetBytes(0L), blobs["winner"]);
        Assert.Equal([1, 1, 1], blobs["positive"]);
    }

    [Fact]
    public async Task BytesMayHoldWhatJsonCannot()
    {
        var (_, blobs) = (
            await service.InferAsync(
                Header.With(""" "outputs": [{"name": "logs", "parameters": {"binary_data": true}}] """),
                InferCalls.Bytes(-1, 0, -2, 0),
                "many")).Binary();

        Assert.Equal([float.NaN, float.NegativeInfinity, float.NaN], InferCalls.Floats(blobs["logs"]));
        (
            await service.InferAsync(
                Header.With(""" "outputs": [{"name": "probabilities", "parameters": {"binary_data": true}}] """),
                InferCalls.Bytes(-1, 0, float.NaN, 0),
                "many")).IsError(422, "NaN");
    }

    [Fact]
    public async Task ImagesAreLengthPrefixed()
    {
        var blob = TensorElements.Of(RunningService.Seven, RunningService.Three);
        var answer = await service.InferAsync(
            $$"""
            {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [2],
                         "parameters": {"binary_data_size": {{blob.Length}} } }],
             "outputs": [{"name": "probabilities", "parameters": {"classification": 1} }]}
            """,
            blob);

        Assert.Equal([2L, 1L], answer.Output("probabilities").Shape());
        Assert.Equal(["7", "3"], answer.Output("probabilities").Texts().Select(text => text.Split(':')[2]));
    }

    [Theory]
    [InlineData("15", 15, "15", "16")]
    [InlineData("17", 17, "17", "16")]
    [InlineData("16", 15, "16", "15")]
    [InlineData("16", 17, "1 bytes after the JSON")]
    [InlineData("0", 0, "0 bytes", "16")]
    [InlineData("-1", 16, "binary_data_size")]
    [InlineData("1e1", 16, "binary_data_size")]
    [InlineData("99999999999999", 16, "binary_data_size")]
    public async Task SizesThatDoNotFitAreRejected(string declaredSize, int sent, params string[] mentions)
    {
        var header = Header.Replace("16", declaredSize, StringComparison.Ordinal);

        (await service.InferAsync(header, new byte[sent], "plain")).IsError(400, mentions);
    }

    [Theory]
    [InlineData(-1, "runs beyond")]
    [InlineData(1, "runs beyond")]
    [InlineData(4, "more than 1")]
    public async Task ElementsThatDoNotFitTheirLengthsAreRejected(int excess, string mention)
    {
        var elements = TensorElements.Of(RunningService.Seven);
        byte[] blob = excess < 0 ? elements[..^1] : [.. elements, .. new byte[excess]];

        (
            await service.InferAsync(
                $$"""
                {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1],
                             "parameters": {"binary_data_size": {{blob.Length}} } }]}
                """,
                blob)).IsError(400, mention);
    }

    [Theory]
    [InlineData("1000000", "1000000")]
    [InlineData("99999999999999999999", "9999")]
    [InlineData("-1", "-1")]
    [InlineData("1e2", "1e2")]
    [InlineData("+5", "+5")]
    [InlineData("five", "five")]
    [InlineData("", "")]
    public async Task AHeaderWithAnInvalidLengthIsRejected(string header, string mention) =>
        (
            await service.SendAsync(
                "/v2/models/plain/infer",
                [.. Encoding.UTF8.GetBytes(Header), .. Blob],
                (InferCalls.HeaderLength, header))).IsError(400, InferCalls.HeaderLength, mention);

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-112)]
    public async Task AHeaderThatCutsTheJsonInTheWrongPlaceIsRejected(int shift) =>
        (
            await service.SendAsync(
                "/v2/models/plain/infer",
                [.. Encoding.UTF8.GetBytes(Header), .. Blob],
                (InferCalls.HeaderLength, InferCalls.Text(Math.Max(0, Header.Length + shift))))).IsError(400);

    [Fact]
    public async Task AHeaderAsLongAsTheBodyMeansJsonOnly()
    {
        var json = """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [3, 1, 2, 9]}]}""";

        Assert.Equal((float[])[3f, 1f, 2f], (await service.InferAsync(json, [], "plain")).Output("logits").Floats());
    }

    [Fact]
    public async Task ASizeWithoutTheHeaderIsRejected() =>
        (await service.InferAsync(Header, "plain")).IsError(400, "16", InferCalls.HeaderLength);
}
