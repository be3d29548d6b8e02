using System.Globalization;

namespace SoftmaxService.Inference.Faults;

/// <summary>Quotes what strangers wrote: in requests, in models' files, in the names of files and folders.</summary>
public static class Quoting
{
    private const int MaxLength = 40;

    /// <summary>
    /// The text, or its first 40 characters and an ellipsis: enough to recognize it, never enough to fill a log or a
    /// page.
    /// </summary>
    /// <param name="text">The client's text.</param>
    public static string Shorten(string text) => text.Length <= MaxLength ? text : $"{text[..MaxLength]}…";

    /// <summary>
    /// The text with <c>\u000a</c> in place of a line feed, and so for every control character, line separator and
    /// character that formats text. Written as they are, they would forge a line of a log, reverse the direction of
    /// text, or steer a terminal.
    /// </summary>
    /// <param name="text">The stranger's text.</param>
    /// <returns>The text itself if it has none of them.</returns>
    public static string EscapeControls(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0
        ? text
        : string.Concat(
            text.Select(character => IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString()));

    private static bool IsControl(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}
