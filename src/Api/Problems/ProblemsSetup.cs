namespace SoftmaxService.Api.Problems;

/// <summary>Answers every fault with a problem, whether a handler, the framework or a bug caused it.</summary>
internal static class ProblemsSetup
{
    public static void AddProblems(this IServiceCollection services) => services
        .AddSingleton<ProblemWriter>()
        .AddExceptionHandler<ProblemExceptionHandler>()
        .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });

        // Requests that match none of our routes: an unknown path, a wrong method.
        var writer = app.Services.GetRequiredService<ProblemWriter>();
        app.UseWhen(
            context => context.GetEndpoint() is not RouteEndpoint,
            others => others.UseStatusCodePages(context => writer.WriteStatusAsync(context.HttpContext)));
    }
}
