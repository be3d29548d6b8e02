using System.Globalization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Access;

/// <summary>
/// Charges a request's images to its key: their number, and how long they take to decode. How much that is stands in
/// the body, so a request may exceed the rate, and its key waits until that is paid. Where no key has such a rate, it
/// does nothing.
/// </summary>
internal sealed class ImageRates(AccessOptions options)
{
    private readonly bool _isOn = options.Keys.Values.Any(
        key => key.ImagesPerSecond is not null || key.MegapixelsPerSecond is not null);

    /// <summary>Why a request with images is rejected before its body is read; null where it is not.</summary>
    public Rejection? RejectInDebt(HttpContext context) => LimitOf(context)?.RejectInDebt();

    /// <summary>Charges one image.</summary>
    /// <returns>Why the request is rejected instead; null where it is not.</returns>
    public Rejection? Charge(HttpContext context, ClassifierModel model, ReadOnlyMemory<byte> image) =>
        LimitOf(context) is { } limit
            ? limit.Charge(1, limit.CountsMegapixels ? model.DecodeMegapixelsOf(image.Span) : 0)
            : null;

    /// <summary>Charges images, or items of a batch that holds none.</summary>
    /// <returns>Why the request is rejected instead; null where it is not.</returns>
    public Rejection? Charge(
        HttpContext context, ClassifierModel model, IReadOnlyList<ReadOnlyMemory<byte>>? images, int count) =>
        LimitOf(context) is { } limit
            ? limit.Charge(count, limit.CountsMegapixels ? MegapixelsOf(model, images ?? []) : 0)
            : null;

    private ImageLimit? LimitOf(HttpContext context) =>
        _isOn && context.User.Identity is ApiKeyIdentity { Key.Images: { } limit } ? limit : null;

    private static double MegapixelsOf(ClassifierModel model, IReadOnlyList<ReadOnlyMemory<byte>> images) =>
        images.Sum(image => model.DecodeMegapixelsOf(image.Span));
}

/// <summary>How many images a key may send in a second, and how many megapixels.</summary>
internal sealed class ImageLimit(RateLimit? images, RateLimit? megapixels)
{
    public bool CountsMegapixels => megapixels is not null;

    /// <summary>The limits of a key; null where it has none.</summary>
    public static ImageLimit? From(KeyOptions options, TimeProvider time) =>
        options is { ImagesPerSecond: null, MegapixelsPerSecond: null }
            ? null
            : new ImageLimit(
                LimitFor(options.ImagesPerSecond, time), LimitFor(options.MegapixelsPerSecond, time));

    public Rejection? RejectInDebt() =>
        images?.IsShortOf(1, out var wait) == true ? Reject(nameof(KeyOptions.ImagesPerSecond), wait)
        : megapixels?.IsShortOf(0, out wait) == true ? Reject(nameof(KeyOptions.MegapixelsPerSecond), wait)
        : null;

    public Rejection? Charge(int imageCount, double megapixelCount)
    {
        if (images?.TryTake(imageCount, out var wait) == false)
        {
            return Reject(nameof(KeyOptions.ImagesPerSecond), wait);
        }

        if (megapixels?.TryTake(megapixelCount, out wait) == false)
        {
            images?.Return(imageCount);
            return Reject(nameof(KeyOptions.MegapixelsPerSecond), wait);
        }

        return null;
    }

    /// <summary>A burst is what a second allows, but at least one image or megapixel.</summary>
    private static RateLimit? LimitFor(double? perSecond, TimeProvider time) =>
        perSecond is { } rate ? new RateLimit(rate, Math.Max(1, rate), time) : null;

    private static Rejection Reject(string setting, TimeSpan wait)
    {
        var seconds = (int)Math.Min(int.MaxValue, Math.Max(1, Math.Ceiling(wait.TotalSeconds)));
        return new Rejection(
            Problem.RateExceeded with { RetryAfterSeconds = seconds },
            string.Create(
                CultureInfo.InvariantCulture,
                $"The images of the API key's earlier requests exceed its rate (setting Access:Keys, {setting}). Try "
                + $"again in {seconds} s."));
    }
}
