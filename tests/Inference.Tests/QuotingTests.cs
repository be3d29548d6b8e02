using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests;

public sealed class QuotingTests
{
    [Theory]
    [InlineData("a\nb\r\t\u001b[31mc", "a\\u000ab\\u000d\\u0009\\u001b[31mc")]
    [InlineData("\u202ea\u2028\u2029\u0085\u007f", "\\u202ea\\u2028\\u2029\\u0085\\u007f")]
    [InlineData("Käfer 🐞 甲虫 C:\\new", "Käfer 🐞 甲虫 C:\\new")]
    public void OnlyControlCharactersAreEscaped(string text, string expected) =>
        Assert.Equal(expected, Quoting.EscapeControls(text));
}
