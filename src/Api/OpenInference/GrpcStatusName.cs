using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Metrics;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The status of a gRPC call for its metrics. gRPC answers 200 whatever the outcome; its own status is in the trailers,
/// or in the headers where there is no message.
/// </summary>
internal sealed class GrpcStatusName : IStatusName
{
    private static readonly string[] Names = Enum.GetNames<StatusCode>(); // in the order of their numbers, from 0

    public string? Of(HttpContext context)
    {
        if (context.Response.ContentType?.StartsWith(GrpcProblems.ContentType, StringComparison.Ordinal) != true)
        {
            return null;
        }

        string? trailer = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[GrpcProblems.StatusHeader];
        var text = trailer ?? context.Response.Headers[GrpcProblems.StatusHeader];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            && code < Names.Length
            ? Names[code]
            : nameof(StatusCode.Unknown);
    }
}
