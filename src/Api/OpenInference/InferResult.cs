using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Mime;
using System.Runtime.InteropServices;
using System.Text.Json;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The REST form of an answer. All as JSON it is written a piece at a time; with outputs in binary the JSON comes
/// first, its length in the header, and their bytes behind it.
/// </summary>
internal sealed class InferResult(InferResponse response) : IResult
{
    private const int BytesBetweenFlushes = 64 * 1024;
    private const int ElementsBetweenChecks = 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        foreach (var output in response.Outputs.Where(output => output.AsJson))
        {
            RefuseUnwritable(output);
        }

        var http = httpContext.Response;
        var cancellation = httpContext.RequestAborted;
        var binary = response.Outputs.Where(output => !output.AsJson).ToArray();
        if (binary.Length == 0)
        {
            http.ContentType = MediaTypeNames.Application.Json;
            await WriteJsonAsync(http.BodyWriter, http.BodyWriter, cancellation);
            return;
        }

        var json = new ArrayBufferWriter<byte>();
        await WriteJsonAsync(json, flushTo: null, cancellation);
        http.ContentType = MediaTypeNames.Application.Octet;
        http.ContentLength = json.WrittenCount + binary.Sum(output => (long)output.BinarySize);
        http.Headers[InferEndpoint.HeaderLength] = json.WrittenCount.ToString(CultureInfo.InvariantCulture);
        await http.BodyWriter.WriteAsync(json.WrittenMemory, cancellation);
        foreach (var output in binary)
        {
            await http.BodyWriter.WriteAsync(output.ToBinary(), cancellation);
        }

        httpContext.AnswerIsSent();
    }

    private async Task WriteJsonAsync(IBufferWriter<byte> target, PipeWriter? flushTo, CancellationToken cancellation)
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
            await WriteOutputAsync(writer, output, flushTo, cancellation);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static async Task WriteOutputAsync(
        Utf8JsonWriter writer, OutputTensor output, PipeWriter? flushTo, CancellationToken cancellation)
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
                    await writer.FlushAsync(cancellation);
                    await flushTo.FlushAsync(cancellation);
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

        var bytes = output.Numbers.Span.Slice(start * output.Datatype.Size, count * output.Datatype.Size);
        switch (output.Datatype.Name)
        {
            case "FP32":
                WriteAll(writer, MemoryMarshal.Cast<byte, float>(bytes), static (writer, value) =>
                {
                    if (float.IsNegativeInfinity(value))
                    {
                        writer.WriteStringValue(LogitRows.Masked);
                    }
                    else
                    {
                        writer.WriteNumberValue(value);
                    }
                });
                break;
            case "FP64":
                WriteAll(writer, MemoryMarshal.Cast<byte, double>(bytes), static (writer, value) =>
                {
                    if (double.IsNegativeInfinity(value))
                    {
                        writer.WriteStringValue(LogitRows.Masked);
                    }
                    else
                    {
                        writer.WriteNumberValue(value);
                    }
                });
                break;
            case "BOOL":
                WriteAll(writer, bytes, static (writer, value) => writer.WriteBooleanValue(value != 0));
                break;
            case "UINT8":
                WriteAll(writer, bytes, static (writer, value) => writer.WriteNumberValue((uint)value));
                break;
            case "UINT16":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, ushort>(bytes),
                    static (writer, value) => writer.WriteNumberValue((uint)value));
                break;
            case "UINT32":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, uint>(bytes),
                    static (writer, value) => writer.WriteNumberValue(value));
                break;
            case "UINT64":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, ulong>(bytes),
                    static (writer, value) => writer.WriteNumberValue(value));
                break;
            case "INT8":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, sbyte>(bytes),
                    static (writer, value) => writer.WriteNumberValue((int)value));
                break;
            case "INT16":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, short>(bytes),
                    static (writer, value) => writer.WriteNumberValue((int)value));
                break;
            case "INT32":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, int>(bytes),
                    static (writer, value) => writer.WriteNumberValue(value));
                break;
            case "INT64":
                WriteAll(
                    writer,
                    MemoryMarshal.Cast<byte, long>(bytes),
                    static (writer, value) => writer.WriteNumberValue(value));
                break;
        }
    }

    private static void WriteAll<T>(Utf8JsonWriter writer, ReadOnlySpan<T> values, Action<Utf8JsonWriter, T> write)
    {
        foreach (var value in values)
        {
            write(writer, value);
        }
    }

    /// <summary>
    /// NaN and +Infinity have no JSON, and are only found before the first byte is sent. −Infinity is a masked class: a
    /// string, as on our own routes.
    /// </summary>
    private static void RefuseUnwritable(OutputTensor output)
    {
        var isWritable = output.Datatype.Name switch
        {
            "FP32" => !ContainsUnwritable(MemoryMarshal.Cast<byte, float>(output.Numbers.Span)),
            "FP64" => !ContainsUnwritable(MemoryMarshal.Cast<byte, double>(output.Numbers.Span)),
            _ => true,
        };
        if (!isWritable)
        {
            throw new InferenceException(
                InferenceError.ModelOutputNotFinite,
                $"Output '{output.Name}' holds NaN or +Infinity for this input, which JSON cannot. "
                + $"In binary ({InferParameters.BinaryData}: true) it can be had as it is.");
        }
    }

    private static bool ContainsUnwritable<T>(ReadOnlySpan<T> values)
        where T : System.Numerics.IFloatingPointIeee754<T>
    {
        foreach (var value in values)
        {
            if (T.IsNaN(value) || T.IsPositiveInfinity(value))
            {
                return true;
            }
        }

        return false;
    }
}
