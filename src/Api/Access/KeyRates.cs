using System.Globalization;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Access;

/// <summary>
/// Rejects requests of a key that exceed its rate. Runs after authorization: a request that is rejected there does not
/// count.
/// </summary>
internal static class KeyRates
{
    public static void UseKeyRates(this WebApplication app) => app.Use(next => context =>
    {
        if (context.User.Identity is not ApiKeyIdentity { Key.Limit: { } limit }
            || !AccessPolicies.RequiresKey(context.GetEndpoint())
            || limit.TryTake(out var wait))
        {
            return next(context);
        }

        var seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        return context.WriteProblemAsync(
            Problem.RateExceeded,
            $"The API key exceeds its rate (setting Access:Keys, RequestsPerSecond). Try again in {seconds} s.");
    });
}
