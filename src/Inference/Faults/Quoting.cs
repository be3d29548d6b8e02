namespace SoftmaxService.Inference.Faults;

/// <summary>Quotes client input: enough to recognize it, but never enough to fill a log or a page.</summary>
public static class Quoting
{
    private const int MaxLength = 40;

    /// <summary>The text, or its first 40 characters and an ellipsis.</summary>
    /// <param name="text">The client's text.</param>
    public static string Shorten(string text) => text.Length <= MaxLength ? text : $"{text[..MaxLength]}…";
}
