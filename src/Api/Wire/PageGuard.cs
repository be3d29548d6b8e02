namespace SoftmaxService.Api.Wire;

/// <summary>
/// The security headers of a page: it runs only its own scripts, talks only to this service, and cannot be embedded in
/// another page.
/// </summary>
internal static class PageGuard
{
    /// <summary>A content-security policy; the sources of styles and images are the page's own affair.</summary>
    public static string Policy(string styles, string images) =>
        $"default-src 'none'; script-src 'self'; style-src {styles}; img-src {images}; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void GuardPage(this IHeaderDictionary headers, string policy)
    {
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = policy;
    }
}
