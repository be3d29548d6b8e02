using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The errors for images that are not read. Each says what was sent and what would be right.</summary>
internal static class ImageRejection
{
    public static InferenceException Empty() =>
        new(InferenceError.ImageEmpty, $"The image is empty: send the bytes of a {ImageFormats.Names} file.");

    public static InferenceException UnknownFormat(ReadOnlySpan<byte> encoded)
    {
        var kind = ImageFormats.IdentifyUnread(encoded);
        var sent = kind is null ? "The bytes are not of an image format that is read here"
            : $"The bytes look like {kind}, which is not read here";
        return new InferenceException(InferenceError.ImageFormatUnsupported, $"{sent}: send {ImageFormats.Names}.");
    }

    /// <summary>A valid file of a kind that is not decoded here.</summary>
    /// <param name="kind">What the image is, such as <c>a lossless JPEG (SOF3)</c>.</param>
    /// <param name="instead">What to send instead.</param>
    public static InferenceException UnreadKind(string kind, string instead) =>
        new(InferenceError.ImageFormatUnsupported, $"The image is {kind}, which is not read here: send {instead}.");

    public static InferenceException Undecodable(ImageFormat format, string reason) =>
        new(InferenceError.ImageUndecodable,
            $"The image begins as {format.Name} but cannot be decoded: {reason}. Send the whole, undamaged file.");

    public static InferenceException DamagedHeader(ImageFormat format) =>
        Undecodable(format, "its header is damaged or cut off");

    public static InferenceException TooLarge(string message) => new(InferenceError.ImageTooLarge, message);
}
