using System.Net.Mime;

namespace SoftmaxService.Api.Wire;

/// <summary>The binary answer of <c>POST /softmax</c>, in the buffer that the logits came in.</summary>
internal sealed class BinaryRows(PooledBody rows) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using (rows)
        {
            httpContext.Response.ContentType = MediaTypeNames.Application.Octet;
            httpContext.Response.ContentLength = rows.Memory.Length;
            await httpContext.Response.Body.WriteAsync(rows.Memory, httpContext.RequestAborted);
            httpContext.AnswerIsSent();
        }
    }
}
