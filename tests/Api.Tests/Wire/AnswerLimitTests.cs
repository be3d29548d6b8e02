using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Wire;

/// <summary>Answers have a size limit like requests, and are sent while they are produced.</summary>
public sealed partial class AnswerLimitTests : IDisposable
{
    private const int Classes = 3000;
    private const int Limit = 100_000;

    private readonly TemporaryFolder _models = new();
    private readonly string _grpc = $"http://127.0.0.1:{SmallModelService.FreePort()}";
    private readonly ServiceWith _service;

    public AnswerLimitTests()
    {
        ManyClasses.Write(_models, Classes);
        ManyClasses.Write(_models, 100, "hundred");
        ManyClasses.Write(_models, 101, "more");
        ManyClasses.Write(_models, 4, "wordy", ["a", "b", new string('é', 60_000), "d"]);
        _service = new ServiceWith(
            ("Models:Folder", _models.Path),
            ("Grpc:Url", _grpc),
            ("Limits:MaxResponseBytes", $"{Limit}"));
    }

    public void Dispose()
    {
        _service.Dispose();
        _models.Dispose();
    }

    [Theory]
    [InlineData("hundred", "", 100)]
    [InlineData("more", "", 10)]
    [InlineData("more", "&topK=101", 101)]
    [InlineData("many", "&topK=11", 11)]
    public async Task AHundredClassesAreListedInFullAndMoreAreCutToTen(string model, string query, int told)
    {
        var answer = await _service.ClassifyAsync(RunningService.Seven, $"?model={model}{query}");
        var batch = await _service.PostAsync($"/classify?model={model}{query}", ManyClasses.Images(2));

        Assert.Equal(
            Enumerable.Range(0, told),
            answer.Json.GetProperty("predictions").EnumerateArray().Select(one => one.GetProperty("index").GetInt32()));
        Assert.All(
            batch.Json.GetProperty("results").EnumerateArray(),
            result => Assert.Equal(told, result.GetProperty("predictions").GetArrayLength()));
    }

    [Fact]
    public async Task ATooLargeAnswerIsRejectedWithAWorkingProposal()
    {
        var rejected = await _service.PostAsync($"/classify?model=many&topK={Classes}", ManyClasses.Images(5));
        rejected.IsProblem(
            413,
            "answer-too-large",
            $"more than {Limit} bytes",
            "Limits:MaxResponseBytes",
            "5 image(s), with 3000 of 3000 classes");
        var topK = int.Parse(TopK().Match(rejected.Detail).Groups[1].Value, CultureInfo.InvariantCulture);

        var proposed = await _service.PostAsync($"/classify?model=many&topK={topK}", ManyClasses.Images(5));
        Assert.Equal(200, proposed.Status);
        Assert.InRange(proposed.Body.Length, Limit / 2, Limit);
        (await _service.PostAsync($"/classify?model=many&topK={topK + 1}", ManyClasses.Images(5))).IsProblem(
            413,
            "answer-too-large");

        var fewer = await _service.PostAsync($"/classify?model=many&topK={Classes / 10}", ManyClasses.Images(5));
        fewer.IsProblem(413, "answer-too-large", "at most 3 images at a time");
        Assert.Equal(
            200,
            (await _service.PostAsync($"/classify?model=many&topK={Classes / 10}", ManyClasses.Images(3))).Status);
    }

    [Fact]
    public async Task OneImageHasTheSameLimit() =>
        (await _service.ClassifyAsync(RunningService.Seven, $"?model=many&topK={Classes}")).IsProblem(
            413,
            "answer-too-large",
            "a topK of at most");

    [Fact]
    public async Task LongLabelsCount()
    {
        (await _service.ClassifyAsync(RunningService.Seven, "?model=wordy&topK=3")).IsProblem(413, "answer-too-large");
        (
            await _service.PostAsync(
                "/softmax",
                $$"""{"logits": [[1, 2], [1, 2]], "labels": ["{{new string('x', 60_000)}}", "y"]}"""
            )).IsProblem(413, "answer-too-large", "2 row(s) of 2 logits");
    }

    [Fact]
    public async Task SoftmaxOfManyLogitsHasTheSameLimit()
    {
        var logits = string.Join(',', Enumerable.Repeat("1", 4000));

        (await _service.SoftmaxAsync($$"""{"logits": [{{logits}}]}""")).IsProblem(
            413,
            "answer-too-large",
            "octet-stream");
        (
            await _service.PostAsync(
                "/softmax/gradient",
                $$"""{"logits": [[{{logits}}], [{{logits}}]], "target": [0, 1]}"""
            )).IsProblem(413, "answer-too-large");
        Assert.Equal(200, (await _service.PostAsync("/softmax", new byte[16_000], "application/octet-stream")).Status);
    }

    [Fact]
    public async Task TheOpenInferenceProtocolHasTheSameLimit()
    {
        const string Ask =
            """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 64], "data": [DATA]}]OUTPUTS}""";
        var all = Ask.Replace("DATA", string.Join(',', Enumerable.Repeat("0", 128)), StringComparison.Ordinal);

        (await _service.InferAsync(all.Replace("OUTPUTS", "", StringComparison.Ordinal), ManyClasses.Name)).IsError(
            413,
            "2 item(s)",
            "Limits:MaxResponseBytes",
            "classification");
        Assert.Equal(
            200,
            (
                await _service.InferAsync(
                    all.Replace(
                        "OUTPUTS",
                        """, "outputs": [{"name": "logits", "parameters": {"classification": 5}}]""",
                        StringComparison.Ordinal),
                    ManyClasses.Name)).Status);
        Assert.Equal(
            200,
            (
                await _service.InferAsync(
                    all.Replace(
                        "OUTPUTS",
                        """, "outputs": [{"name": "logits", "parameters": {"binary_data": true}}]""",
                        StringComparison.Ordinal),
                    ManyClasses.Name)).Status);
    }

    [Fact]
    public async Task GrpcHasTheSameLimit()
    {
        _ = _service.Client;
        using var channel = GrpcChannel.ForAddress(_grpc);
        var request = new ModelInferRequest { ModelName = ManyClasses.Name };
        request.Inputs.Add(
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = "pixels",
                Datatype = "FP32",
                Shape = { 4, 64 },
            });
        request.RawInputContents.Add(Google.Protobuf.ByteString.CopyFrom(new byte[4 * 64 * sizeof(float)]));

        var fault = await Assert.ThrowsAsync<RpcException>(async () =>
            await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
        Assert.Contains("Limits:MaxResponseBytes", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABatchIsWrittenAsTheSerializerWouldWriteIt()
    {
        var text = Encoding.UTF8.GetString(
            (
                await _service.PostAsync(
                    "/classify?model=hundred&topK=1&threshold=1",
                    $$"""{"images": ["{{Convert.ToBase64String(RunningService.Seven)}}", "eA=="]}"""
                )).Body);

        Assert.StartsWith(
            """{"model":"hundred","version":"1","temperature":{"value":1,"source":"default"}"""
                + ""","results":[{"predictions":[{"label":"0","index":0,"probability":""",
            text,
            StringComparison.Ordinal);
        Assert.Matches(
            ""","logit":[0-9.]+\}\],"uncertainty":\{"entropy":[0-9.]+,"margin":[0-9.E-]+,"energy":[0-9.-]+\}"""
                + ""","abstained":true\},\{"error":\{"code":"image-""",
            text);
        Assert.EndsWith("}}]}", text, StringComparison.Ordinal);
    }

    [GeneratedRegex("a topK of at most ([0-9]+)")]
    private static partial Regex TopK();
}
