using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.OpenInference;

namespace SoftmaxService.Api.Tests.OpenInference;

public sealed class GrpcStatusNameTests
{
    [Theory]
    [InlineData("application/grpc", "5", null, "NotFound")]
    [InlineData("application/grpc", null, "8", "ResourceExhausted")]
    [InlineData("application/grpc+proto", "0", "13", "OK")]
    [InlineData("application/grpc", "17", null, "Unknown")]
    [InlineData("application/grpc", "junk", null, "Unknown")]
    [InlineData("application/grpc", null, null, "Unknown")]
    [InlineData("application/json", "5", "5", null)]
    [InlineData(null, "5", "5", null)]
    public void AnAnswersStatusIsThatOfItsTrailersOrHeaders(
        string? mediaType, string? trailer, string? header, string? name)
    {
        var context = new DefaultHttpContext { Response = { ContentType = mediaType } };
        context.Response.Headers["grpc-status"] = header;
        var trailers = new HeaderDictionary { ["grpc-status"] = trailer };
        context.Features.Set<IHttpResponseTrailersFeature>(new TrailersFeature { Trailers = trailers });

        Assert.Equal(name, new GrpcStatusName().Of(context));
    }

    private sealed class TrailersFeature : IHttpResponseTrailersFeature
    {
        public required IHeaderDictionary Trailers { get; set; }
    }
}
