using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Page;

/// <summary><c>GET /</c>: the page for people; and <c>GET /assets/{hash}/…</c>: the files that belong to it.</summary>
internal static class PageEndpoint
{
    private const string Revalidate = "no-cache";
    private const string CacheForever = "public, max-age=31536000, immutable";

    private static readonly string Policy = PageGuard.Policy(styles: "'self'", images: "'self' data: blob:");

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        var assets = PageAssets.Embedded();
        routes.MapGet("/", context => SendAsync(context, assets.Index, assets.Hash, Revalidate))
            .ExcludeFromDescription()
            .AllowAnonymous();
        routes.MapGet($"/{PageAssets.Folder}/{{hash}}/{{**name}}", context => AnswerAsync(context, assets))
            .ExcludeFromDescription()
            .AllowAnonymous();
    }

    /// <summary>
    /// Another hash gets the file of this instance too: during a rolling update the page may come from one version and
    /// request its files from another. Such an answer must not be cached.
    /// </summary>
    private static Task AnswerAsync(HttpContext context, PageAssets assets)
    {
        var name = context.GetRouteValue("name") as string ?? "";
        if (assets.TryFind(name, out var asset))
        {
            return SendAsync(
                context,
                asset,
                assets.Hash,
                context.GetRouteValue("hash") as string == assets.Hash ? CacheForever : Revalidate);
        }

        context.Response.Headers.GuardPage(Policy);
        context.Response.Headers.CacheControl = Revalidate;
        return context.WriteProblemAsync(
            Problem.NotFound,
            $"The page has no file '{Quoting.Shorten(name)}'. GET / shows the page.");
    }

    private static async Task SendAsync(HttpContext context, PageAsset asset, string hash, string caching)
    {
        var response = context.Response;
        response.Headers.GuardPage(Policy);
        response.Headers.CacheControl = caching;
        string? encoding = null;
        if (asset.IsCompressed)
        {
            response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
            encoding = PreferredEncoding(context.Request.Headers.AcceptEncoding);
        }

        // Strong: each encoding has its own.
        var tag = encoding is null ? $"\"{hash}\"" : $"\"{hash}-{encoding}\"";
        response.Headers.ETag = tag;
        if (IsCached(context.Request.Headers.IfNoneMatch, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var body = asset.Encoded(encoding);
        response.Headers.ContentEncoding = encoding;
        response.ContentType = asset.ContentType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
        context.AnswerIsSent();
    }

    /// <summary>
    /// The encoding that a client prefers, and among equals the smaller one; null if it accepts neither.
    /// </summary>
    private static string? PreferredEncoding(StringValues accepted)
    {
        if (!StringWithQualityHeaderValue.TryParseList(accepted, out var encodings))
        {
            return null;
        }

        var (brotli, gzip) = (QualityOf(PageAsset.Brotli), QualityOf(PageAsset.Gzip));
        return brotli > 0 && brotli >= gzip ? PageAsset.Brotli : gzip > 0 ? PageAsset.Gzip : null;

        double QualityOf(string encoding) =>
            (
                encodings.FirstOrDefault(one => one.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase))
                    ?? encodings.FirstOrDefault(one => one.Value == "*")) switch
            {
                null => 0,
                var found => found.Quality ?? 1,
            };
    }

    private static bool IsCached(StringValues cached, string tag) =>
        EntityTagHeaderValue.TryParseList(cached, out var tags) && tags.Any(one => one.Tag == "*" || one.Tag == tag);
}
