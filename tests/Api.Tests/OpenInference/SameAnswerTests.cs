using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.Metrics;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.TestData;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>An image has the same probabilities over every route.</summary>
public sealed class SameAnswerTests
{
    private const string Zoo = "models/mnist-zoo.onnx";
    private const float Tolerance = 1e-6f;

    [Theory]
    [InlineData("mnist", null)]
    [InlineData("mnist", 2.5f)]
    [InlineData("cifar10", null)]
    public async Task AShippedModelAnswersTheSameEveryWay(string model, float? temperature)
    {
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        using var service = new ServiceWith(("Grpc:Url", address));

        await AssertSameAsync(
            service,
            address,
            Path.Combine(RunningService.RepositoryRoot, "models", model, "1"),
            model,
            temperature);
    }

    [MnistFact(Zoo)]
    public async Task AThirdPartysModelWithoutAManifestAnswersTheSameEveryWay()
    {
        using var folder = new TemporaryFolder();
        folder.Write("zoo/1/model.onnx", await File.ReadAllBytesAsync(SharedData.Path(Zoo)));
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        using var service = new ServiceWith(("Models:Folder", folder.Path), ("Grpc:Url", address));

        await AssertSameAsync(service, address, Path.Combine(folder.Path, "zoo", "1"), "zoo", temperature: 20);
    }

    private static async Task AssertSameAsync(
        ServiceWith service,
        string grpcAddress,
        string modelFolder,
        string name,
        float? temperature)
    {
        using var model = ClassifierModel.Load(modelFolder, name, "1", new ModelSettings());
        foreach (var image in new[] { RunningService.Seven, RunningService.Three })
        {
            var expected = await ClassifyAsync(service, name, image, temperature);
            Assert.Equal(1f, expected.Sum(), 1e-5f);

            var tensor = new float[model.Input.ElementCount];
            new ImagePreprocessor(model.Input).Preprocess(image, tensor);
            var bytes = InferCalls.Bytes(tensor);
            // −1, an open batch, becomes 1.
            long[] shape = [.. model.GraphInput.Shape.Select(size => (long)Math.Abs(size))];
            var input = $"\"name\": \"{model.GraphInput.Name}\"";
            var numbers = $"{input}, \"datatype\": \"FP32\", \"shape\": [{string.Join(", ", shape)}]";
            var images = $"{input}, \"datatype\": \"BYTES\", \"shape\": [1]";
            var elements = TensorElements.Of(image);

            AssertNear(
                expected,
                (
                    await service.InferAsync(
                        Json($"{{{numbers}, \"data\": {InferCalls.Text(tensor)}}}", temperature),
                        name))
                    .Output("probabilities")
                    .Floats());
            AssertNear(
                expected,
                (
                    await service.InferAsync(
                        Json($"{{{images}, \"data\": [\"{Convert.ToBase64String(image)}\"]}}", temperature),
                        name))
                    .Output("probabilities")
                    .Floats());
            AssertNear(
                expected,
                Blob(
                    await service.InferAsync(
                        Json(
                            $"{{{numbers}, \"parameters\": {{\"binary_data_size\": {bytes.Length}}}}}",
                            temperature,
                            binary: true),
                        bytes,
                        name)));
            AssertNear(
                expected,
                Blob(
                    await service.InferAsync(
                        Json(
                            $"{{{images}, \"parameters\": {{\"binary_data_size\": {elements.Length}}}}}",
                            temperature,
                            binary: true),
                        elements,
                        name)));
            AssertNear(expected, await CallAsync(grpcAddress, Request(model, "FP32", shape, temperature), raw: bytes));
            AssertNear(
                expected,
                await CallAsync(grpcAddress, Request(model, "BYTES", [1], temperature), raw: elements));
            AssertNear(
                expected,
                await CallAsync(
                    grpcAddress,
                    Request(model, "FP32", shape, temperature),
                    new InferTensorContents { Fp32Contents = { tensor } }));
            AssertNear(
                expected,
                await CallAsync(
                    grpcAddress,
                    Request(model, "BYTES", [1], temperature),
                    new InferTensorContents { BytesContents = { ByteString.CopyFrom(image) } }));
        }
    }

    private static async Task<float[]> ClassifyAsync(ServiceWith service, string name, byte[] image, float? temperature)
    {
        var answer = await service.ClassifyAsync(
            image,
            $"?model={name}{(temperature is null ? "" : $"&temperature={InferCalls.Text(temperature.Value)}")}");
        return
        [
            .. answer
                .Json.GetProperty("predictions")
                .EnumerateArray()
                .OrderBy(prediction => prediction.GetProperty("index").GetInt32())
                .Select(prediction => prediction.GetProperty("probability").GetSingle()),
        ];
    }

    private static string Json(string input, float? temperature, bool binary = false)
    {
        var parameter = temperature is null ? "" : $"\"temperature\": {InferCalls.Text(temperature.Value)}";
        return $$"""
            {"inputs": [{{input}}],
             "outputs": [{"name": "probabilities", "parameters": {"binary_data": {{(binary ? "true" : "false")}} } }],
             "parameters": { {{parameter}} } }
            """;
    }

    private static float[] Blob(Answer answer) => InferCalls.Floats(answer.Binary().Blobs["probabilities"]);

    private static ModelInferRequest Request(ClassifierModel model, string datatype, long[] shape, float? temperature)
    {
        var request = new ModelInferRequest
        {
            ModelName = model.Name,
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = model.GraphInput.Name,
                    Datatype = datatype,
                    Shape = { shape },
                },
            },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities" } },
        };
        if (temperature is not null)
        {
            request.Parameters["temperature"] = new InferParameter { DoubleParam = temperature.Value };
        }

        return request;
    }

    private static async Task<float[]> CallAsync(string address, ModelInferRequest request, byte[] raw)
    {
        request.RawInputContents.Add(ByteString.CopyFrom(raw));
        using var channel = GrpcChannel.ForAddress(address);
        var answer = await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(request);
        return MemoryMarshal.Cast<byte, float>(Assert.Single(answer.RawOutputContents).Span).ToArray();
    }

    private static async Task<float[]> CallAsync(
        string address,
        ModelInferRequest request,
        InferTensorContents contents)
    {
        request.Inputs[0].Contents = contents;
        using var channel = GrpcChannel.ForAddress(address);
        var answer = await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(request);
        return [.. Assert.Single(answer.Outputs).Contents.Fp32Contents];
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }
}
