using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Writes the JSON of an <see cref="InferResponse"/>.</summary>
internal static class InferJson
{
    private const int BytesBetweenFlushes = 64 * 1024;
    private const int ElementsBetweenChecks = 1024;

    /// <summary>
    /// Rejects outputs that JSON cannot express: NaN and +Infinity. This has to happen before the first byte is sent.
    /// −Infinity is a masked class, written as a string, as on our own routes.
    /// </summary>
    public static void RejectUnwritable(InferResponse response)
    {
        foreach (var output in response.Outputs)
        {
            if (output.AsJson && !IsWritable(output))
            {
                throw new InferenceException(
                    InferenceError.ModelOutputNotFinite,
                    $"Output '{output.Name}' holds NaN or +Infinity for this input, which JSON cannot express. "
                    + $"Request it in binary ({InferParameters.BinaryData}: true).");
            }
        }
    }

    /// <param name="response">What is written.</param>
    /// <param name="target">Receives the JSON.</param>
    /// <param name="flushTo">The target, if it sends what it has on a flush.</param>
    /// <param name="cancellationToken">Ends a flush.</param>
    public static async Task WriteAsync(
        InferResponse response, IBufferWriter<byte> target, PipeWriter? flushTo, CancellationToken cancellationToken)
    {
        await using var writer = new Utf8JsonWriter(target);
        writer.WriteStartObject();
        writer.WriteString("model_name", response.ModelName);
        writer.WriteString("model_version", response.ModelVersion);
        if (response.Id is not null)
        {
            writer.WriteString("id", response.Id);
        }

        if (response.Temperature is { } temperature)
        {
            writer.WriteStartObject("parameters");
            writer.WriteNumber(InferParameters.Temperature, temperature.Value);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("outputs");
        foreach (var output in response.Outputs)
        {
            await WriteOutputAsync(writer, output, flushTo, cancellationToken);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static async Task WriteOutputAsync(
        Utf8JsonWriter writer, OutputTensor output, PipeWriter? flushTo, CancellationToken cancellationToken)
    {
        writer.WriteStartObject();
        writer.WriteString("name", output.Name);
        writer.WriteString("datatype", output.Datatype.Name);
        writer.WriteStartArray("shape");
        foreach (var size in output.Shape)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
        if (output.AsJson)
        {
            writer.WriteStartArray("data");
            var count = output.Elements?.Count ?? output.Numbers.Length / output.Datatype.Size;
            for (var start = 0; start < count; start += ElementsBetweenChecks)
            {
                WriteElements(writer, output, start, Math.Min(ElementsBetweenChecks, count - start));
                if (flushTo is not null && writer.BytesPending + flushTo.UnflushedBytes >= BytesBetweenFlushes)
                {
                    await writer.FlushAsync(cancellationToken);
                    await flushTo.FlushAsync(cancellationToken);
                }
            }

            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject("parameters");
            writer.WriteNumber(InferParameters.BinaryDataSize, output.BinarySize);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteElements(Utf8JsonWriter writer, OutputTensor output, int start, int count)
    {
        if (output.Elements is not null)
        {
            for (var i = start; i < start + count; i++)
            {
                writer.WriteStringValue(output.Elements[i]);
            }

            return;
        }

        var size = output.Datatype.Size;
        var bytes = output.Numbers.Span.Slice(start * size, count * size);
        switch (output.Datatype.Name)
        {
            case "FP32":
                WriteAll<float>(writer, bytes, WriteFloat);
                break;
            case "FP64":
                WriteAll<double>(writer, bytes, WriteDouble);
                break;
            case "BOOL":
                WriteAll<byte>(writer, bytes, static (writer, value) => writer.WriteBooleanValue(value != 0));
                break;
            case "UINT8":
                WriteAll<byte>(writer, bytes, static (writer, value) => writer.WriteNumberValue((uint)value));
                break;
            case "UINT16":
                WriteAll<ushort>(writer, bytes, static (writer, value) => writer.WriteNumberValue((uint)value));
                break;
            case "UINT32":
                WriteAll<uint>(writer, bytes, static (writer, value) => writer.WriteNumberValue(value));
                break;
            case "UINT64":
                WriteAll<ulong>(writer, bytes, static (writer, value) => writer.WriteNumberValue(value));
                break;
            case "INT8":
                WriteAll<sbyte>(writer, bytes, static (writer, value) => writer.WriteNumberValue((int)value));
                break;
            case "INT16":
                WriteAll<short>(writer, bytes, static (writer, value) => writer.WriteNumberValue((int)value));
                break;
            case "INT32":
                WriteAll<int>(writer, bytes, static (writer, value) => writer.WriteNumberValue(value));
                break;
            case "INT64":
                WriteAll<long>(writer, bytes, static (writer, value) => writer.WriteNumberValue(value));
                break;
        }
    }

    private static void WriteAll<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> bytes, Action<Utf8JsonWriter, T> write)
        where T : unmanaged
    {
        foreach (var value in MemoryMarshal.Cast<byte, T>(bytes))
        {
            write(writer, value);
        }
    }

    private static void WriteFloat(Utf8JsonWriter writer, float value)
    {
        if (float.IsNegativeInfinity(value))
        {
            writer.WriteStringValue(LogitRows.Masked);
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsNegativeInfinity(value))
        {
            writer.WriteStringValue(LogitRows.Masked);
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    private static bool IsWritable(OutputTensor output) => output.Datatype.Name switch
    {
        "FP32" => AllWritable(MemoryMarshal.Cast<byte, float>(output.Numbers.Span)),
        "FP64" => AllWritable(MemoryMarshal.Cast<byte, double>(output.Numbers.Span)),
        _ => true,
    };

    private static bool AllWritable<T>(ReadOnlySpan<T> values)
        where T : IFloatingPointIeee754<T>
    {
        foreach (var value in values)
        {
            if (T.IsNaN(value) || T.IsPositiveInfinity(value))
            {
                return false;
            }
        }

        return true;
    }
}
