using System.Globalization;
using Grpc.Core;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Refuses a call whose first byte no message begins with: gRPC itself would call it UNKNOWN and log an error for each.</summary>
internal static class GrpcFraming
{
    private const byte LargestFlag = 1; // 0 for a message as it is, 1 for a compressed one

    public static void CheckFraming(this IEndpointConventionBuilder calls) => calls.Add(endpoint =>
    {
        var answer = endpoint.RequestDelegate!; // an endpoint of gRPC has one
        endpoint.RequestDelegate = context => CheckAsync(context, answer);
    });

    private static async Task CheckAsync(HttpContext context, RequestDelegate answer)
    {
        var body = context.Request.BodyReader;
        var read = await body.ReadAsync(context.RequestAborted);
        var isRefused = !read.Buffer.IsEmpty && read.Buffer.FirstSpan[0] > LargestFlag;
        body.AdvanceTo(read.Buffer.Start); // nothing is taken
        if (!isRefused)
        {
            await answer(context);
            return;
        }

        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)StatusCode.InvalidArgument).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = "A message begins with a byte that is 0, or 1 where it is compressed, and four bytes of its length.";
    }
}
