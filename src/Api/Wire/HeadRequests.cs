namespace SoftmaxService.Api.Wire;

/// <summary>HEAD is answered wherever GET is, with the same headers: the route sees a GET, and Kestrel, which knows what was asked, sends no body.</summary>
internal static class HeadRequests
{
    public static void UseHeadRequests(this WebApplication app)
    {
        app.Use(next => context =>
        {
            if (HttpMethods.IsHead(context.Request.Method))
            {
                context.Request.Method = HttpMethods.Get;
            }

            return next(context);
        });
        app.UseRouting(); // which would else come first of all
    }
}
