using System.Globalization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Says no in time: to what is more than <see cref="LoadOptions.MaxRequestsInFlight"/>, to what comes when the service
/// is about to end, and to what was not answered by its deadline. Only work is meant, which all comes by POST; probes
/// and pages are answered always.
/// </summary>
internal static class LoadControl
{
    public const string TimeoutHeader = "timeout";

    private const int RequestsPerCore = 256;

    public static void AddLoadControl(this IServiceCollection services)
    {
        services.AddSingleton<Workload>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<LoadMetrics>();
        services.AddSingleton<IHostLifetime, DrainingLifetime>();
    }

    public static void UseLoadControl(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<LoadOptions>();
        var workload = app.Services.GetRequiredService<Workload>();
        var mostInFlight = options.MaxRequestsInFlight ?? RequestsPerCore * Environment.ProcessorCount;
        var time = TimeSpan.FromSeconds(options.RequestSeconds);
        app.Services.GetRequiredService<LoadMetrics>(); // which measures from now on
        app.Use(next => context => HttpMethods.IsPost(context.Request.Method) && !context.IsProbe()
            ? WorkAsync(next, context, workload, mostInFlight, time)
            : next(context));
    }

    private static async Task WorkAsync(
        RequestDelegate next, HttpContext context, Workload workload, int mostInFlight, TimeSpan time)
    {
        var inFlight = workload.Begin();
        try
        {
            if (workload.Phase != WorkPhase.Open && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close"; // the next request may come to another instance
            }

            if (workload.Phase == WorkPhase.Closed)
            {
                await context.WriteProblemAsync(
                    Problem.Draining,
                    "The service is about to end and takes nothing new. Another instance, or this one after its "
                    + "restart, will answer.");
            }
            else if (inFlight > mostInFlight)
            {
                await context.WriteProblemAsync(
                    Problem.Overloaded,
                    $"There are {mostInFlight} requests being answered, the most at a time (setting "
                    + "Load:MaxRequestsInFlight). "
                    + "Ask again in a moment.");
            }
            else
            {
                await AnswerInTimeAsync(next, context, TimeFor(context.Request, time));
            }
        }
        finally
        {
            workload.End();
        }
    }

    private static async Task AnswerInTimeAsync(RequestDelegate next, HttpContext context, TimeSpan time)
    {
        using var deadline = RequestDeadline.Set(context, time);
        context.Features.Set(deadline);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (deadline.IsExpired && context.Response.HasStarted)
        {
            // Whoever reads so slowly can only be told by the end of the connection.
            context.BreakOff(Problem.DeadlineExceeded.Status);
        }
        catch (OperationCanceledException) when (deadline.IsExpired)
        {
            throw OutOfTime(time);
        }
        finally
        {
            deadline.Lift(context);
        }
    }

    public static RequestException OutOfTime(TimeSpan time) =>
        new(
            Problem.DeadlineExceeded,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The request was not answered within {time.TotalSeconds} s. What had not begun was left out. "
                + $"A request says its time itself (header '{TimeoutHeader}' in seconds, or under /v2 the parameter "
                + $"'timeout' in microseconds), and never has more than the setting Load:RequestSeconds."));

    private static TimeSpan TimeFor(HttpRequest request, TimeSpan most)
    {
        var text = request.Headers[TimeoutHeader];
        if (text.Count == 0)
        {
            return most;
        }

        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || !(seconds > 0))
        {
            throw new RequestException(
                Problem.InvalidParameter,
                $"The header '{TimeoutHeader}' is '{Quoting.Shorten(text.ToString())}'. "
                + "It must be a number of seconds above 0, such as 0.5.");
        }

        // A millisecond is what timers count in.
        return seconds >= most.TotalSeconds ? most : TimeSpan.FromMilliseconds(Math.Max(1, seconds * 1000));
    }
}
