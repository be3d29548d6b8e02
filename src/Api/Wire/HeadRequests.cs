namespace SoftmaxService.Api.Wire;

/// <summary>
/// Answers HEAD wherever GET is answered, with the same headers: the route sees a GET, and Kestrel, which knows what
/// was asked, sends no body.
/// </summary>
internal static class HeadRequests
{
    public static void UseHeadRequests(this WebApplication app)
    {
        app.Use(
            next =>
                context =>
                    HttpMethods.IsHead(context.Request.Method) ? AnswerAsGetAsync(next, context) : next(context));
        app.UseRouting(); // otherwise it would run before everything else
    }

    private static async Task AnswerAsGetAsync(RequestDelegate next, HttpContext context)
    {
        var method = context.Request.Method;
        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = method;
        }
    }
}
