namespace SoftmaxService.Api.Wire;

/// <summary>
/// Tells browsers to believe each answer's content type. Guessed from its bytes, an answer that repeats what a client
/// sent, such as a label or a path, could become a page with scripts.
/// </summary>
internal static class ContentTypeGuard
{
    public static void UseContentTypeGuard(this WebApplication app) => app.Use(next => context =>
    {
        // When the answer starts: a problem clears the headers that were set before.
        context.Response.OnStarting(Set, context.Response);
        return next(context);
    });

    private static Task Set(object response)
    {
        ((HttpResponse)response).Headers.XContentTypeOptions = "nosniff";
        return Task.CompletedTask;
    }
}
