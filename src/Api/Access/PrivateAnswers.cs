using Microsoft.Net.Http.Headers;

namespace SoftmaxService.Api.Access;

/// <summary>
/// Keeps caches from storing what only a key may read. A cache that others share would return it to those without one:
/// it knows nothing of our header.
/// </summary>
internal static class PrivateAnswers
{
    public static void UsePrivateAnswers(this WebApplication app) => app.Use(next => context =>
    {
        // No cache stores an answer to a POST request without being told to.
        if (!HttpMethods.IsPost(context.Request.Method) && AccessPolicies.RequiresKey(context.GetEndpoint()))
        {
            // When the answer starts: a problem clears the headers that were set before.
            context.Response.OnStarting(Set, context.Response);
        }

        return next(context);
    });

    private static Task Set(object state)
    {
        var headers = ((HttpResponse)state).Headers;
        headers.CacheControl = "no-store";
        headers.AppendCommaSeparatedValues(HeaderNames.Vary, ApiKeyHandler.Header, HeaderNames.Authorization);
        return Task.CompletedTask;
    }
}
