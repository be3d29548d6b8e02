using Google.Protobuf;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Messages for <see cref="FourPixelModels"/> and for the shipped models.</summary>
internal static class InferMessages
{
    public static ModelInferRequest Raw(string model, long[] shape, byte[] content) =>
        new()
        {
            ModelName = model,
            Inputs = { Input("pixels", "FP32", shape) },
            RawInputContents = { ByteString.CopyFrom(content) },
        };

    public static ModelInferRequest Typed(string model, long[] shape, params float[] values)
    {
        var request = new ModelInferRequest { ModelName = model, Inputs = { Input("pixels", "FP32", shape) } };
        request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { values } };
        return request;
    }

    public static ModelInferRequest.Types.InferInputTensor Input(string name, string datatype, long[] shape) =>
        new()
        {
            Name = name,
            Datatype = datatype,
            Shape = { shape },
        };

    public static ModelInferRequest.Types.InferRequestedOutputTensor Classified(string name, long count) =>
        new() { Name = name, Parameters = { ["classification"] = new InferParameter { Int64Param = count } } };
}
