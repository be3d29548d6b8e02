using System.Globalization;
using System.Runtime.CompilerServices;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Rejects work early: beyond <see cref="LoadOptions.MaxRequestsInFlight"/>, during the drain, and past a request's
/// deadline. All work comes by POST; probes and pages are always answered.
/// </summary>
internal static class LoadControl
{
    public const string TimeoutHeader = "timeout";

    private const int RequestsPerCore = 256;

    public static void AddLoadControl(this IServiceCollection services)
    {
        services.AddSingleton<Workload>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton(provider => provider.GetRequiredService<BodyBudget>().Bytes);
        services.AddSingleton<LoadMetrics>();
        services.AddSingleton<IHostLifetime, DrainingLifetime>();
        services.AddHostedService<MemoryReturn>();
    }

    public static void UseLoadControl(this WebApplication app)
    {
        SpareThreads.Reserve();
        var options = app.Services.GetRequiredService<LoadOptions>();
        var workload = app.Services.GetRequiredService<Workload>();
        var bodies = app.Services.GetRequiredService<BodyBudget>();
        var maxInFlight = options.MaxRequestsInFlight ?? RequestsPerCore * Environment.ProcessorCount;
        var time = TimeSpan.FromSeconds(options.RequestSeconds);
        app.Services.GetRequiredService<LoadMetrics>(); // measures from now on
        app.Use(next => context => HttpMethods.IsPost(context.Request.Method) && !context.IsProbe()
            ? AdmitAsync(next, context, workload, bodies, maxInFlight, time)
            : next(context));
    }

    private static async Task AdmitAsync(
        RequestDelegate next, HttpContext context, Workload workload, BodyBudget bodies, int maxInFlight, TimeSpan time)
    {
        var inFlight = workload.Begin();
        try
        {
            if (workload.Phase != WorkPhase.Open && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close"; // the next request can then go to another instance
            }

            if (workload.Phase == WorkPhase.Drain)
            {
                await context.WriteProblemAsync(
                    Problem.Draining,
                    "The service is shutting down and rejects new requests. Another instance, or this one after its "
                    + "restart, will answer.");
            }
            else if (inFlight > maxInFlight)
            {
                await context.WriteProblemAsync(
                    Problem.Overloaded,
                    $"{maxInFlight} requests are in flight, the most that are admitted at once (setting "
                    + "Load:MaxRequestsInFlight). Try again in a moment.");
            }
            else if (bodies.Admit(context) is { } body)
            {
                using (body)
                {
                    await RunWithDeadlineAsync(next, context, TimeoutOf(context.Request, time));
                }
            }
            else
            {
                await bodies.Reject(context.Request.ContentLength).ExecuteAsync(context);
            }
        }
        finally
        {
            workload.End();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] // every request waits here
    private static async ValueTask RunWithDeadlineAsync(RequestDelegate next, HttpContext context, TimeSpan time)
    {
        using var deadline = RequestDeadline.Set(context, time);
        context.Features.Set(deadline);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (deadline.IsExpired && context.Response.HasStarted)
        {
            // The response is already on its way: only closing the connection can report it.
            context.BreakOff(Problem.DeadlineExceeded.Status);
        }
        catch (OperationCanceledException) when (deadline.IsExpired)
        {
            throw TimedOut(context, time);
        }
        finally
        {
            deadline.Remove(context);
        }
    }

    public static RequestException TimedOut(HttpContext context, TimeSpan time)
    {
        var parameter = context.GetEndpoint()?.Metadata.GetMetadata<TimeoutParameter>() is { Description: var text }
            ? $", or {text}"
            : "";
        return new RequestException(
            Problem.DeadlineExceeded,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The request was not answered within {time.TotalSeconds} s; work that had not started was skipped. "
                + $"A request may set its own timeout (header '{TimeoutHeader}' in seconds{parameter}), "
                + $"up to the setting Load:RequestSeconds."));
    }

    private static TimeSpan TimeoutOf(HttpRequest request, TimeSpan max)
    {
        var text = request.Headers[TimeoutHeader];
        if (text.Count == 0)
        {
            return max;
        }

        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || !(seconds > 0))
        {
            throw new RequestException(
                Problem.InvalidParameter,
                $"The header '{TimeoutHeader}' is '{Quoting.Shorten(text.ToString())}'. "
                + "It must be a number of seconds above 0, such as 0.5.");
        }

        // Timers count in milliseconds.
        return seconds >= max.TotalSeconds ? max : TimeSpan.FromMilliseconds(Math.Max(1, seconds * 1000));
    }
}
