using System.Text;
using System.Text.Json;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class JsonFaultTests
{
    [Theory]
    [InlineData("""{"lables": []}""", "There is no property 'lables' here (line 1, byte 11); there are ", "'labels', ")]
    [InlineData(
        """{"input": {"size": 3}}""", "There is no property 'size' here (line 1, byte 19); there are ", "'width', ")]
    [InlineData(
        "{ // ours\n\"license\": \"MIT\", /* all */ \"lables\": [1,], }",
        "There is no property 'lables' here (line 2, byte 38); there are ",
        "'labels', ")]
    public void Describe_AnUnknownProperty_NamesTheKnownOnes(string json, string start, string known)
    {
        var fault = Assert.Throws<JsonException>(() => ModelManifest.Parse(Encoding.UTF8.GetBytes(json)));

        Assert.StartsWith(start, fault.Message, StringComparison.Ordinal);
        Assert.Contains(known, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n \"labels\": [],\n \"labels\": []}", "The property 'labels' is given twice (line 3, byte 11).")]
    [InlineData("""{"input": {"scale": 1, "scale": 2}}""", "The property 'scale' is given twice (line 1, byte 32).")]
    [InlineData("""{"labels": {"0": "a"}}""", "The value at $.labels has the wrong type (line 1, byte 13).")]
    [InlineData("""{"labels": ["a", 2]}""", "The value at $.labels[1] has the wrong type (line 1, byte 19).")]
    [InlineData("""{"input": {"scale": "x"}}""", "The value at $.input.scale has the wrong type (line 1, byte 24).")]
    [InlineData("""{"input": {"color": "pink"}}""", "$.input.color: It must be one of \"gray\", \"rgb\", \"bgr\".")]
    [InlineData(
        """{"calibration": {"conformal": {"count": 1}}}""",
        "These properties are missing: 'method', 'quantiles'.")]
    [InlineData("""{"calibration": {}}""", "These properties are missing: 'temperature'.")]
    [InlineData("null", "The manifest is the JSON value null; it must be an object.")]
    [InlineData(" ", "The body is empty; it must be JSON.")]
    [InlineData("[1, 2]", "The value at $ has the wrong type (line 1, byte 2).")]
    [InlineData(
        """{"labels": ["a"}""",
        "It is not valid JSON: it ends too early, or something does not belong there (line 1, byte 16).")]
    public void Describe_TheFirstFault_UsesTheWritersTerms(string json, string expected)
    {
        var fault = Assert.Throws<JsonException>(() => ModelManifest.Parse(Encoding.UTF8.GetBytes(json)));

        Assert.StartsWith(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{"calibration": {"conformal": {"quantiles": {"0.1": 1, "0.1": 2}, "method": "lac"}}}""",
        "'0.1' is given twice")]
    [InlineData("""{"\ud800": 1}""", "no property")]
    [InlineData("""{"training": {"a": 1, "a": 2}, "x": 1}""", "")]
    public void Describe_OddPlaces_HaveADescription(string json, string expected)
    {
        var fault = Assert.Throws<JsonException>(() => ModelManifest.Parse(Encoding.UTF8.GetBytes(json)));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", fault.Message, StringComparison.Ordinal);
    }
}
