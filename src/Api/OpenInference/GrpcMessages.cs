using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Between the messages of gRPC and what REST and gRPC share.</summary>
internal static class GrpcMessages
{
    public static InferRequest Read(ModelInferRequest request)
    {
        var raw = request.RawInputContents;
        if (raw.Count > 0 && raw.Count != request.Inputs.Count)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"There are {raw.Count} raw_input_contents for {request.Inputs.Count} inputs; "
                + "there must be one for each.");
        }

        return new InferRequest
        {
            Id = request.Id.Length > 0 ? request.Id : null,
            Parameters = Read(request.Parameters),
            Inputs =
            [
                .. request.Inputs.Select((input, index) => new InferInput(
                    input.Name,
                    input.Datatype,
                    [.. input.Shape],
                    Contents(input, raw.Count > 0 ? raw[index] : null))),
            ],
            Outputs = [.. request.Outputs.Select(Read)],
        };
    }

    /// <summary>
    /// Answers raw contents with raw ones, which is what Triton's clients read, and typed with typed. A 16-bit float
    /// has no typed form: with one among the outputs all are raw, since a response may not mix the two.
    /// </summary>
    public static ModelInferResponse Write(InferResponse answer, bool asRaw)
    {
        var message = new ModelInferResponse
        {
            ModelName = answer.ModelName,
            ModelVersion = answer.ModelVersion,
            Id = answer.Id ?? "",
        };
        if (answer.Temperature is { } temperature)
        {
            message.Parameters.Add(InferParameters.Temperature, new InferParameter { DoubleParam = temperature.Value });
        }

        asRaw |= answer.Outputs.Any(output => !output.Datatype.HasTypedForm);
        foreach (var output in answer.Outputs)
        {
            message.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor
            {
                Name = output.Name,
                Datatype = output.Datatype.Name,
                Shape = { output.Shape },
                Contents = asRaw ? null : Typed(output),
            });
            if (asRaw)
            {
                // Nobody writes to an answer.
                message.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.ToBinary()));
            }
        }

        return message;
    }

    private static ITensorContents Contents(ModelInferRequest.Types.InferInputTensor input, ByteString? raw)
    {
        if (raw is null)
        {
            return new TypedContents(input.Contents);
        }

        return input.Contents is null || input.Contents.CalculateSize() == 0
            ? new BinaryContents(raw.Memory)
            : throw new RequestException(
                Problem.BadRequest,
                $"Input '{input.Name}' has contents, and the request has raw_input_contents; "
                + "it must have only one of them.");
    }

    private static RequestedOutput Read(ModelInferRequest.Types.InferRequestedOutputTensor output)
    {
        var parameters = Read(output.Parameters);
        parameters.RejectSharedMemory(output.Name);
        return new RequestedOutput(
            output.Name, parameters.ReadCount(InferParameters.Classification, minimum: 1), AsJson: false);
    }

    private static InferParameters Read(MapField<string, InferParameter> parameters) => parameters.Count == 0
        ? InferParameters.None
        : new InferParameters(parameters.ToDictionary(parameter => parameter.Key, parameter => Read(parameter.Value)));

    private static InferParameterValue Read(InferParameter value) => value.ParameterChoiceCase switch
    {
        InferParameter.ParameterChoiceOneofCase.BoolParam => new(
            InferParameterKind.Flag, value.BoolParam ? bool.TrueString : bool.FalseString),
        InferParameter.ParameterChoiceOneofCase.Int64Param => new(
            InferParameterKind.Number, value.Int64Param.ToString(CultureInfo.InvariantCulture)),
        InferParameter.ParameterChoiceOneofCase.Uint64Param => new(
            InferParameterKind.Number, value.Uint64Param.ToString(CultureInfo.InvariantCulture)),
        InferParameter.ParameterChoiceOneofCase.DoubleParam => new(
            InferParameterKind.Number, value.DoubleParam.ToString(CultureInfo.InvariantCulture)),
        _ => new(InferParameterKind.Text, value.StringParam),
    };

    private static InferTensorContents Typed(OutputTensor output)
    {
        var contents = new InferTensorContents();
        var bytes = output.Numbers.Span;
        switch (output.Datatype.Name)
        {
            case "BYTES":
                // BYTES has elements.
                contents.BytesContents.AddRange(
                    output.Elements!.Select(element => UnsafeByteOperations.UnsafeWrap(element)));
                break;
            case "FP32":
                contents.Fp32Contents.AddRange(MemoryMarshal.Cast<byte, float>(bytes).ToArray());
                break;
            case "FP64":
                contents.Fp64Contents.AddRange(MemoryMarshal.Cast<byte, double>(bytes).ToArray());
                break;
            case "BOOL":
                contents.BoolContents.AddRange(MemoryMarshal.Cast<byte, bool>(bytes).ToArray());
                break;
            case "UINT8":
                contents.UintContents.AddRange(bytes.ToArray().Select(value => (uint)value));
                break;
            case "UINT16":
                contents.UintContents.AddRange(
                    MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(value => (uint)value));
                break;
            case "UINT32":
                contents.UintContents.AddRange(MemoryMarshal.Cast<byte, uint>(bytes).ToArray());
                break;
            case "UINT64":
                contents.Uint64Contents.AddRange(MemoryMarshal.Cast<byte, ulong>(bytes).ToArray());
                break;
            case "INT8":
                contents.IntContents.AddRange(
                    MemoryMarshal.Cast<byte, sbyte>(bytes).ToArray().Select(value => (int)value));
                break;
            case "INT16":
                contents.IntContents.AddRange(
                    MemoryMarshal.Cast<byte, short>(bytes).ToArray().Select(value => (int)value));
                break;
            case "INT32":
                contents.IntContents.AddRange(MemoryMarshal.Cast<byte, int>(bytes).ToArray());
                break;
            case "INT64":
                contents.Int64Contents.AddRange(MemoryMarshal.Cast<byte, long>(bytes).ToArray());
                break;
        }

        return contents;
    }
}
