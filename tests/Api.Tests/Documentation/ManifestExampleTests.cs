using System.Text;
using System.Text.RegularExpressions;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Tests.Documentation;

/// <summary>Every manifest that the documents show is one that the service reads.</summary>
public sealed partial class ManifestExampleTests
{
    [Fact]
    public void EveryManifestShownIsRead()
    {
        var examples = JsonBlock().Matches(Repository.ReadText("docs/models.md"));

        Assert.NotEmpty(examples);
        Assert.All(examples, example => ModelManifest.Parse(Encoding.UTF8.GetBytes(example.Groups["json"].Value)));
    }

    [GeneratedRegex("^```json\n(?<json>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex JsonBlock();
}
