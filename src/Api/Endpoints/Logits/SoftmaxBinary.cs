using System.Runtime.InteropServices;
using Microsoft.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// The binary form of <c>POST /softmax</c>: rows of little-endian 32-bit floats, whose probabilities replace them in
/// the buffer that they came in.
/// </summary>
internal static class SoftmaxBinary
{
    private static readonly QueryParameter Classes = new(
        "classes",
        "For a binary body: K, the length of a row. Defaults to one row of the whole body.",
        "It must be a whole number of at least 1.",
        JsonSchemaType.Integer)
    { Minimum = "1", Example = "3" };

    private static readonly QueryParameter Temperature = new(
        "temperature",
        "For a binary body: T. Defaults to 1.",
        TemperatureRows.Requirement,
        JsonSchemaType.Number)
    { ExclusiveMinimum = "0", Example = "2.5" };

    public static readonly QueryParameter[] Parameters = [Classes, Temperature];

    public static async Task<BinaryRows> AnswerAsync(
        HttpRequest request,
        ComputeGate gate,
        ComputeGate largeGate,
        LimitsOptions limits,
        CancellationToken cancellationToken)
    {
        QueryParameter.RejectUnknown(request, Parameters);
        var temperature = Temperature.ReadNumber<float>(request, TemperatureRows.IsValid) ?? 1f;
        var requestedClasses = Classes.ReadCount(request);

        var body = await PooledBody.ReadAsync(request, cancellationToken);
        try
        {
            if (body.Memory.Length / sizeof(float) > limits.MaxLogitsPerRequest)
            {
                throw FloatRows.TooMany(limits.MaxLogitsPerRequest);
            }

            var classes = requestedClasses ?? Math.Max(1, body.Memory.Length / sizeof(float));
            if (LogitsCost.IsLongBinary(body))
            {
                await ComputeLongAsync(body, classes, temperature, largeGate, cancellationToken);
            }
            else
            {
                using var permit = await gate.EnterAsync(cancellationToken);
                ComputeInPlace(body.Span, classes, temperature);
            }

            return new BinaryRows(body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static async Task ComputeLongAsync(
        PooledBody body, int classCount, float temperature, ComputeGate largeGate, CancellationToken cancellationToken)
    {
        using var permit = await largeGate.EnterAsync(cancellationToken);
        await OwnThread.RunAsync(() => ComputeInPlace(body.Span, classCount, temperature));
    }

    private static void ComputeInPlace(Span<byte> rows, int classCount, float temperature)
    {
        var rowBytes = (long)classCount * sizeof(float);
        if (rows.IsEmpty || rows.Length % rowBytes != 0)
        {
            throw new RequestException(
                Problem.InvalidLogits,
                $"The body has {rows.Length} bytes; it must hold one or more whole rows of {classCount} "
                + $"little-endian 32-bit float(s), {rowBytes} bytes each.");
        }

        var values = MemoryMarshal.Cast<byte, float>(rows);
        Softmax.ComputeRows(values, values, classCount, temperature);
        for (var first = 0; first < values.Length; first += classCount)
        {
            if (float.IsNaN(values[first]))
            {
                throw new RequestException(
                    Problem.InvalidLogits,
                    $"Row {first / classCount} holds NaN or +Infinity, or is -Infinity throughout; "
                    + "it has no probabilities.");
            }
        }
    }
}
