using Microsoft.AspNetCore.Authorization;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Access;

/// <summary>
/// Which scope a route requires. Every route requires <see cref="Infer"/> unless it has another policy or allows
/// anonymous requests. A request that matches no route (an unknown path, a wrong method, documentation) reveals
/// nothing and needs no key.
/// </summary>
internal static class AccessPolicies
{
    /// <summary>Each policy has the name that its scope has in the settings.</summary>
    public const string Infer = "infer";

    public const string Admin = "admin";

    public static void Add(AuthorizationOptions options)
    {
        options.AddPolicy(Infer, policy => policy.RequireAssertion(context => Allows(context, KeyScope.Infer)));
        options.AddPolicy(Admin, policy => policy.RequireAssertion(context => Allows(context, KeyScope.Admin)));
        options.FallbackPolicy = new AuthorizationPolicyBuilder()
            .RequireAssertion(context => !IsRoute(context) || Allows(context, KeyScope.Infer))
            .Build();
    }

    /// <summary>Whether an endpoint is for those with a key only, whatever its scope.</summary>
    public static bool RequiresKey(Endpoint? endpoint) =>
        endpoint is RouteEndpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private static bool IsRoute(AuthorizationHandlerContext context) =>
        context.Resource is HttpContext request && request.GetEndpoint() is RouteEndpoint;

    private static bool Allows(AuthorizationHandlerContext context, KeyScope scope) =>
        context.User.Identity is ApiKeyIdentity { Key: var key } && key.Scopes.HasFlag(scope);
}
