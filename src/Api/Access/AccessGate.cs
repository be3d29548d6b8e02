using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Access;

/// <summary>Lets pass who shows a key that is good for what is asked, and has not asked too often. Stands in a request's way only where keys are configured.</summary>
internal sealed class AccessGate(RequestDelegate next, ApiKeys keys)
{
    public const string Header = "X-API-Key";

    private const string Bearer = "Bearer ";
    private const string Challenge = "Bearer realm=\"SoftmaxService\"";

    public Task InvokeAsync(HttpContext context)
    {
        var needed = NeededScope.Of(context.GetEndpoint());
        if (needed == KeyScope.None)
        {
            return next(context);
        }

        var presented = PresentedBy(context.Request);
        if (presented.IsEmpty)
        {
            return RefuseAsync(context, Problem.KeyMissing, $"This needs an API key: send it as the header {Header}, or as Authorization: Bearer.", Challenge);
        }

        if (keys.Find(presented) is not { } key)
        {
            return RefuseAsync(context, Problem.KeyUnknown, "The API key that was sent is none of those that are configured here.", $"{Challenge}, error=\"invalid_token\"");
        }

        if (!key.Scopes.HasFlag(needed))
        {
            var scope = needed == KeyScope.Admin ? "admin" : "infer";
            return RefuseAsync(context, Problem.ScopeMissing, $"The API key has not the scope {scope}, which this needs (setting Access:Keys, Scopes).", $"{Challenge}, error=\"insufficient_scope\", scope=\"{scope}\"");
        }

        if (key.Limit is { } limit && !limit.TryTake(out var wait))
        {
            var seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            context.Response.Headers.RetryAfter = seconds;
            return RefuseAsync(context, Problem.RateExceeded, $"The API key asks more often than it may (setting Access:Keys, RequestsPerSecond). Ask again in {seconds} s.");
        }

        return next(context);
    }

    private static ReadOnlySpan<char> PresentedBy(HttpRequest request)
    {
        if (request.Headers.TryGetValue(Header, out var key))
        {
            return Only(key);
        }

        var authorization = Only(request.Headers.Authorization);
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : default;
    }

    private static ReadOnlySpan<char> Only(StringValues values) => values.Count == 1 ? values[0] : default;

    private static Task RefuseAsync(HttpContext context, Problem problem, string detail, string? challenge = null)
    {
        if (challenge is not null)
        {
            context.Response.Headers[HeaderNames.WWWAuthenticate] = challenge;
        }

        return ProblemExceptionHandler.WriteAsync(context, problem, detail);
    }
}
