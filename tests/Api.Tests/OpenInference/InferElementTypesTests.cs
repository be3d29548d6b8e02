using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>
/// Models that take bytes, halves, or one item per run: the tensor in its datatype, over REST and gRPC.
/// </summary>
public sealed class InferElementTypesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _grpc = $"http://127.0.0.1:{SmallModelService.FreePort()}";
    private readonly ServiceWith _service;

    public InferElementTypesTests()
    {
        _folder.Write("bytes/1/model.onnx", Model(DataType.Uint8, "batch"));
        _folder.Write("bytes/1/model.json", FourPixelModels.IsImage);
        _folder.Write("halves/1/model.onnx", Model(DataType.Float16, "batch"));
        _folder.Write("halves/1/model.json", FourPixelModels.IsImage);
        _folder.Write("one/1/model.onnx", Model(DataType.Float, 1));
        _folder.Write("one/1/model.json", FourPixelModels.IsImage);
        _service = new ServiceWith(("Models:Folder", _folder.Path), ("Grpc:Url", _grpc));
    }

    public void Dispose()
    {
        _service.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task BytesAreAcceptedInEveryForm()
    {
        const string Outputs = """ "outputs": [{"name": "scores"}] """;
        var json = await _service.InferAsync(
            $$"""
            {"inputs": [
              {"name": "pixels", "datatype": "UINT8", "shape": [2, 4], "data": [[3, 1, 2, 9], [255, 0, 1, 9]]}],
             {{Outputs}} }
            """,
            "bytes");
        var binary = await _service.InferAsync(
            $$"""
            {"inputs": [
              {"name": "pixels", "datatype": "UINT8", "shape": [2, 4], "parameters": {"binary_data_size": 8} }],
             {{Outputs}} }
            """,
            [3, 1, 2, 9, 255, 0, 1, 9],
            "bytes");
        var typed = await CallAsync(
            "bytes",
            "UINT8",
            [2, 4],
            new InferTensorContents { UintContents = { 3, 1, 2, 9, 255, 0, 1, 9 } });

        Assert.Equal(
            "UINT8",
            (await _service.GetAsync("/v2/models/bytes"))
                .Json.GetProperty("inputs")[0]
                .GetProperty("datatype")
                .GetString());
        foreach (var scores in new[]
            {
                json.Output("scores").Floats(),
                binary.Output("scores").Floats(),
                typed.Outputs.Single(output => output.Name == "logits").Contents.Fp32Contents.ToArray(),
            })
        {
            Assert.Equal([3f, 1f, 2f, 255f, 0f, 1f], scores);
        }

        (
            await _service.InferAsync(
                """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [3, 1, 2, 9]}]}""",
                "bytes")).IsError(400, "UINT8", "FP32");
        (
            await _service.InferAsync(
                """{"inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [1, 4], "data": [3, 1, 2, 256]}]}""",
                "bytes")).IsError(400, "256");
    }

    [Fact]
    public async Task HalvesAreOnlyAcceptedAsBytes()
    {
        var blob = MemoryMarshal.AsBytes<Half>([(Half)3f, (Half)1f, (Half)2f, (Half)9f]).ToArray();
        var request = Request("halves", "FP16", [1, 4]);
        request.RawInputContents.Add(ByteString.CopyFrom(blob));
        _ = _service.Client;
        using var channel = GrpcChannel.ForAddress(_grpc);

        Assert.Equal(
            (float[])[3f, 1f, 2f],
            (
                await _service.InferAsync(
                    """
                    {"inputs": [
                      {"name": "pixels", "datatype": "FP16", "shape": [1, 4], "parameters": {"binary_data_size": 8}}]}
                    """,
                    blob,
                    "halves"))
                .Output("scores")
                .Floats());
        Assert.Equal(
            (float[])[3f, 1f, 2f],
            InferCalls.Floats(
                (await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(request))
                    .RawOutputContents[0]
                    .ToByteArray()));
        (
            await _service.InferAsync(
                """{"inputs": [{"name": "pixels", "datatype": "FP16", "shape": [1, 4], "data": [3, 1, 2, 9]}]}""",
                "halves")).IsError(400, "FP16", "binary_data_size");
    }

    [Fact]
    public async Task AModelWithABatchOfOneTakesSeveralItems()
    {
        var answer = await _service.InferAsync(
            """
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 4], "data": [3, 1, 2, 9, 4, 5, 6, 9]}]}
            """,
            "one");

        Assert.All(
            answer.Json.GetProperty("outputs").EnumerateArray(),
            output => Assert.Equal([2L, 3L], output.Shape()));
        Assert.Equal([3f, 1f, 2f, 4f, 5f, 6f], answer.Output("scores").Floats());
        Assert.Equal([3f, 1f, 2f, 4f, 5f, 6f], answer.Output("logits").Floats());
    }

    private async Task<ModelInferResponse> CallAsync(
        string model,
        string datatype,
        long[] shape,
        InferTensorContents contents)
    {
        _ = _service.Client; // starts it
        var request = Request(model, datatype, shape);
        request.Inputs[0].Contents = contents;
        using var channel = GrpcChannel.ForAddress(_grpc);
        return await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(request);
    }

    private static ModelInferRequest Request(string model, string datatype, long[] shape) =>
        new()
        {
            ModelName = model,
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "pixels",
                    Datatype = datatype,
                    Shape = { shape },
                },
            },
        };

    private static byte[] Model(DataType input, OnnxDimension batch)
    {
        var graph = new OnnxGraphBuilder("small");
        graph.Input("pixels", input, batch, FourPixelModels.Pixels);
        graph.Node("Cast", ["pixels"], "floats", ("to", (long)DataType.Float));
        graph.Node(
            "MatMul",
            [
                "floats",
                graph.Initializer<float>(
                    "weights",
                    [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
                    FourPixelModels.Pixels,
                    FourPixelModels.Classes),
            ],
            "scores");
        graph.Output("scores", DataType.Float, batch, FourPixelModels.Classes);
        return graph.ToByteArray();
    }
}
