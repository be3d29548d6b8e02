using System.Numerics;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>
/// Models of every element type, or of one item per run: the tensor in its datatype, over REST and gRPC.
/// </summary>
public sealed class InferElementTypesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _grpc = $"http://127.0.0.1:{SmallModelService.FreePort()}";
    private readonly ServiceWith _service;

    public InferElementTypesTests()
    {
        foreach (var (name, type) in new[]
            {
                ("floats", DataType.Float),
                ("doubles", DataType.Double),
                ("halves", DataType.Float16),
                ("bytes", DataType.Uint8),
                ("signed", DataType.Int8),
                ("integers", DataType.Int32),
                ("longs", DataType.Int64),
            })
        {
            _folder.Write($"{name}/1/model.onnx", Model(type, "batch"));
            _folder.Write($"{name}/1/model.json", FourPixelModels.IsImage);
        }

        _folder.Write("one/1/model.onnx", Model(DataType.Float, 1));
        _folder.Write("one/1/model.json", FourPixelModels.IsImage);
        _service = new ServiceWith(("Models:Folder", _folder.Path), ("Grpc:Url", _grpc));
    }

    public void Dispose()
    {
        _service.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("floats", "FP32", 3d, 0.5, -1e30, 9d)]
    [InlineData("doubles", "FP64", 0.5, 200d, -1e30, 9d)]
    [InlineData("doubles", "FP64", 200d, 100d, 0d, 9d)]
    [InlineData("bytes", "UINT8", 0d, 255d, 200d, 9d)]
    [InlineData("signed", "INT8", -100d, -128d, 127d, 9d)]
    [InlineData("integers", "INT32", 200d, 70_000d, -2_147_483_648d, 9d)]
    [InlineData("integers", "INT32", 200d, 100d, 0d, 9d)]
    [InlineData("longs", "INT64", 200d, 5_000_000_000d, -9_223_372_036_854_775_808d, 9d)]
    [InlineData("longs", "INT64", 200d, 100d, 0d, 9d)]
    public async Task ATensorHasTheSameScoresInEveryForm(string model, string datatype, params double[] values)
    {
        var input = $"\"name\": \"pixels\", \"datatype\": \"{datatype}\", \"shape\": [1, 4]";
        var numbers = string.Join(", ", values.Select(value => Number(datatype, value)));
        var (blob, contents) = Encode(datatype, values);
        const string Outputs = """ "outputs": [{"name": "scores"}] """;
        var raw = Request(model, datatype, [1, 4]);
        raw.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "scores" });
        raw.RawInputContents.Add(ByteString.CopyFrom(blob));
        var typed = Request(model, datatype, [1, 4]);
        typed.Outputs.Add(raw.Outputs);
        typed.Inputs[0].Contents = contents;

        foreach (var scores in new[]
            {
                (
                    await _service.InferAsync(
                        $$"""
                        {"inputs": [{ {{input}}, "parameters": {"binary_data_size": {{blob.Length}} } }], {{Outputs}} }
                        """,
                        blob,
                        model))
                    .Output("scores")
                    .Floats(),
                InferCalls.Floats((await CallAsync(raw)).RawOutputContents.Single().ToByteArray()),
                (
                    await _service.InferAsync(
                        $$"""{"inputs": [{ {{input}}, "data": [{{numbers}}] }], {{Outputs}} }""",
                        model))
                    .Output("scores")
                    .Floats(),
                (
                    await _service.InferAsync(
                        $$"""{"inputs": [{ {{input}}, "data": [[{{numbers}}]] }], {{Outputs}} }""",
                        model))
                    .Output("scores")
                    .Floats(),
                [.. (await CallAsync(typed)).Outputs.Single().Contents.Fp32Contents],
            })
        {
            Assert.Equal(values.Take(FourPixelModels.Classes).Select(value => (float)value), scores);
        }
    }

    [Fact]
    public async Task ANumberOutsideItsDatatypeIsRejected()
    {
        foreach (var (model, datatype, number, range) in new[]
            {
                ("doubles", "FP64", "1e400", "from -1.7976931348623157E+308 to 1.7976931348623157E+308"),
                ("signed", "INT8", "-129", "from -128 to 127"),
                ("integers", "INT32", "0.5", "from -2147483648 to 2147483647"),
                ("longs", "INT64", "9223372036854775808", "from -9223372036854775808 to 9223372036854775807"),
            })
        {
            (
                await _service.InferAsync(
                    $$"""
                    {"inputs": [
                      {"name": "pixels", "datatype": "{{datatype}}", "shape": [1, 4], "data": [1, 2, 3, {{number}}]}]}
                    """,
                    model)).IsError(400, number, datatype, range);
        }

        var request = Request("signed", "INT8", [1, 4]);
        request.Inputs[0].Contents = new InferTensorContents { IntContents = { 1, 2, 3, 128 } };
        var fault = await Assert.ThrowsAsync<RpcException>(() => CallAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("128; an element of INT8", fault.Status.Detail, StringComparison.Ordinal);
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
        var request = Request(model, datatype, shape);
        request.Inputs[0].Contents = contents;
        return await CallAsync(request);
    }

    private async Task<ModelInferResponse> CallAsync(ModelInferRequest request)
    {
        _ = _service.Client; // starts it
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

    /// <summary>The same numbers as a blob and as typed contents.</summary>
    private static (byte[] Blob, InferTensorContents Contents) Encode(string datatype, double[] values) =>
        datatype switch
        {
            "FP32" => (Blob<float>(values), new() { Fp32Contents = { values.Select(value => (float)value) } }),
            "FP64" => (Blob<double>(values), new() { Fp64Contents = { values } }),
            "UINT8" => (Blob<byte>(values), new() { UintContents = { values.Select(value => (uint)value) } }),
            "INT8" => (Blob<sbyte>(values), new() { IntContents = { values.Select(value => (int)value) } }),
            "INT32" => (Blob<int>(values), new() { IntContents = { values.Select(value => (int)value) } }),
            "INT64" => (Blob<long>(values), new() { Int64Contents = { values.Select(value => (long)value) } }),
            _ => throw new ArgumentException($"{datatype} has no typed contents.", nameof(datatype)),
        };

    /// <summary>Integers without an exponent.</summary>
    private static string Number(string datatype, double value) =>
        datatype.StartsWith("FP", StringComparison.Ordinal) ? InferCalls.Text(value) : InferCalls.Text((long)value);

    private static byte[] Blob<T>(double[] values)
        where T : unmanaged, INumber<T> =>
        MemoryMarshal.AsBytes<T>(values.Select(T.CreateChecked).ToArray()).ToArray();

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
