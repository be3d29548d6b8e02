using Microsoft.AspNetCore.Diagnostics;

namespace SoftmaxService.Api.Problems;

internal static class RequestedEndpoints
{
    /// <summary>
    /// The endpoint that was requested, even while its fault is being answered: the exception handler removes it from
    /// the request, and remembers it.
    /// </summary>
    public static Endpoint? RequestedEndpoint(this HttpContext context) =>
        context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
}
