namespace SoftmaxService.Api.Http;

/// <summary>Repeats what a client sent: enough to recognise it, never enough to fill a log or a page.</summary>
internal static class Quoting
{
    private const int MaxLength = 40;

    public static string Shorten(string text) => text.Length <= MaxLength ? text : $"{text[..MaxLength]}…";
}
