using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Access;

/// <summary>
/// Authenticates a request by its API key, in the header <c>X-API-Key</c> or as a bearer token, and answers requests
/// that are rejected. It logs nothing: the request's own line has the status.
/// </summary>
internal sealed class ApiKeyHandler(
    ApiKeys keys, IOptionsMonitor<AuthenticationSchemeOptions> options, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-API-Key";

    private const string Bearer = "Bearer ";
    private const string Realm = "Bearer realm=\"SoftmaxService\"";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var presented = PresentedBy(Request);
        if (presented.IsEmpty)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        return Task.FromResult(keys.Find(presented) is { } key
            ? AuthenticateResult.Success(new AuthenticationTicket(key.Principal, SchemeName))
            : AuthenticateResult.Fail("The API key is unknown."));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if ((await HandleAuthenticateOnceSafeAsync()).None)
        {
            await RejectAsync(
                Problem.KeyMissing,
                $"This route requires an API key: send it in the header {Header}, or as Authorization: Bearer.",
                Realm);
        }
        else
        {
            await RejectAsync(
                Problem.KeyUnknown,
                "The API key that was sent is not configured here.",
                $"{Realm}, error=\"invalid_token\"");
        }
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var scope = Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy ?? AccessPolicies.Infer;
        return RejectAsync(
            Problem.ScopeMissing,
            $"The API key lacks the scope '{scope}', which this route requires (setting Access:Keys, Scopes).",
            $"{Realm}, error=\"insufficient_scope\", scope=\"{scope}\"");
    }

    private static ReadOnlySpan<char> PresentedBy(HttpRequest request)
    {
        if (request.Headers.TryGetValue(Header, out var key))
        {
            return SingleOrEmpty(key);
        }

        var authorization = SingleOrEmpty(request.Headers.Authorization);
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : default;
    }

    private static ReadOnlySpan<char> SingleOrEmpty(StringValues values) => values.Count == 1 ? values[0] : default;

    private Task RejectAsync(Problem problem, string detail, string challenge)
    {
        Response.Headers[HeaderNames.WWWAuthenticate] = challenge;
        return Context.WriteProblemAsync(problem, detail);
    }
}
