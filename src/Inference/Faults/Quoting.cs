namespace SoftmaxService.Inference.Faults;

/// <summary>Repeats what a client sent: enough to recognise it, never enough to fill a log or a page.</summary>
public static class Quoting
{
    private const int MaxLength = 40;

    /// <summary>The text, or its first 40 characters and an ellipsis.</summary>
    /// <param name="text">What was sent.</param>
    public static string Shorten(string text) => text.Length <= MaxLength ? text : $"{text[..MaxLength]}…";
}
