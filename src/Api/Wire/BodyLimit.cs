using Microsoft.AspNetCore.Http.Metadata;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// Rejects bodies over <see cref="LimitsOptions.MaxRequestBodyBytes"/>. Kestrel's own limit would close the connection
/// while the client still sends, and most clients then report a broken pipe and never read the answer. Rejected here,
/// the answer is sent first, and Kestrel reads on for its drain time (five seconds) before it closes. An endpoint whose
/// <see cref="IRequestSizeLimitMetadata"/> has no limit counts what it reads itself.
/// </summary>
internal static class BodyLimit
{
    public static void UseBodyLimit(this WebApplication app)
    {
        var limit = app.Services.GetRequiredService<LimitsOptions>().MaxRequestBodyBytes;
        app.Use((context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()
                is { MaxRequestBodySize: null })
            {
                return next(context);
            }

            if (context.Request.ContentLength > limit)
            {
                throw TooLarge(limit);
            }

            if (context.Request.ContentLength is null)
            {
                context.Request.Body = new LimitedStream(context.Request.Body, limit, () => TooLarge(limit));
            }

            return next(context);
        });
    }

    public static RequestException InflatesTooFar(int limit) =>
        new(
            Problem.BodyTooLarge,
            $"The body inflates to more than {limit} bytes, the most that is accepted (setting "
            + "Limits:MaxDecompressedBytes).");

    public static RequestException TooLarge(int limit) =>
        new(
            Problem.BodyTooLarge,
            $"The body is larger than {limit} bytes, the most that is accepted (setting Limits:MaxRequestBodyBytes).");
}
