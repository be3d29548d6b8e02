using System.Buffers;
using System.Globalization;
using System.Net.Mime;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The REST form of an answer. Where all of it is JSON, it is written a piece at a time. With outputs in binary, the
/// JSON comes first, a header gives its length, and the outputs' bytes follow.
/// </summary>
internal sealed class InferResult(InferResponse response) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        InferJson.RejectUnwritable(response);

        var http = httpContext.Response;
        var cancellationToken = httpContext.RequestAborted;
        var binary = response.Outputs.Where(output => !output.AsJson).ToArray();
        if (binary.Length == 0)
        {
            http.ContentType = MediaTypeNames.Application.Json;
            await InferJson.WriteAsync(response, http.BodyWriter, http.BodyWriter, cancellationToken);
            return;
        }

        var json = new ArrayBufferWriter<byte>();
        await InferJson.WriteAsync(response, json, flushTo: null, cancellationToken);
        http.ContentType = MediaTypeNames.Application.Octet;
        http.ContentLength = json.WrittenCount + binary.Sum(output => (long)output.BinarySize);
        http.Headers[InferEndpoint.HeaderLength] = json.WrittenCount.ToString(CultureInfo.InvariantCulture);
        await http.BodyWriter.WriteAsync(json.WrittenMemory, cancellationToken);
        foreach (var output in binary)
        {
            await http.BodyWriter.WriteAsync(output.ToBinary(), cancellationToken);
        }

        httpContext.AnswerIsSent();
    }
}
