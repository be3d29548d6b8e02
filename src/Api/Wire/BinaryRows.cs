using System.Net.Mime;

namespace SoftmaxService.Api.Wire;

/// <summary>The binary answer of <c>POST /softmax</c>, in the buffer that the logits came in.</summary>
internal sealed class BinaryRows(PooledBody rows) : IResult
{
    // Kestrel copies what it is given, whether the client reads it or not.
    private const int PieceBytes = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using (rows)
        {
            httpContext.Response.ContentType = MediaTypeNames.Application.Octet;
            httpContext.Response.ContentLength = rows.Memory.Length;
            for (var rest = rows.Memory; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, PieceBytes)..])
            {
                var piece = rest[..Math.Min(rest.Length, PieceBytes)];
                await httpContext.Response.Body.WriteAsync(piece, httpContext.RequestAborted);
            }

            httpContext.AnswerIsSent();
        }
    }
}
