using System.Text;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Tests.Manifests;

public sealed class ManifestTextTests
{
    private static readonly ManifestCalibration Calibration = new() { Temperature = 1.25, Count = 7 };

    [Theory]
    [InlineData(
        "{\n  \"labels\": [\"a\", \"b\"]\n}\n",
        "{\n  \"labels\": [\"a\", \"b\"],\n  \"calibration\": {\n    \"temperature\": 1.25,\n    \"count\": 7\n  }\n}\n"
    )]
    [InlineData(
        "{\r\n\t\"license\":\"MIT\"\r\n}",
        "{\r\n\t\"license\":\"MIT\",\r\n\t\"calibration\": {\r\n\t\t\"temperature\": 1.25,\r\n\t\t\"count\": 7\r\n"
            + "\t}\r\n}")]
    [InlineData(
        "{ \"license\": \"MIT\" }",
        "{ \"license\": \"MIT\", \"calibration\": {\"temperature\":1.25,\"count\":7} }")]
    [InlineData("{}", "{\n  \"calibration\": {\n    \"temperature\": 1.25,\n    \"count\": 7\n  }\n}")]
    [InlineData(
        "{\n    // why\n    \"license\": \"MIT\", /* kept */\n    \"training\": { \"b\" : 1.0e0,\n \"a\":2 } , \n}\n",
        "{\n    // why\n    \"license\": \"MIT\", /* kept */\n    \"calibration\": {\n        \"temperature\": 1.25,\n "
            + "       \"count\": 7\n    },\n    \"training\": { \"b\" : 1.0e0,\n \"a\":2 } , \n}\n")]
    [InlineData(
        "{\n  \"license\": \"MIT\",\n}",
        "{\n  \"license\": \"MIT\",\n  \"calibration\": {\n    \"temperature\": 1.25,\n    \"count\": 7\n  },\n}")]
    [InlineData(
        "\uFEFF{\n  \"calibration\": { \"temperature\": 9, \"dataset\": \"{\\\"}\" },\n  \"labels\": [ \"ä\" ]\n}",
        "\uFEFF{\n  \"calibration\": {\n    \"temperature\": 1.25,\n    \"count\": 7\n  },\n  \"labels\": [ \"ä\" ]\n}"
    )]
    public void WithCalibration_AnyStyle_LeavesEveryOtherByte(string before, string after)
    {
        var edited = ManifestText.WithCalibration(Encoding.UTF8.GetBytes(before), Calibration);

        Assert.Equal(after, Encoding.UTF8.GetString(edited));
        Assert.Equal(1.25, ModelManifest.Parse(edited).Calibration!.Temperature);
    }

    [Fact]
    public void WithCalibration_Twice_GivesTheSame()
    {
        var once = ManifestText.WithCalibration("{\n  \"labels\": [\"a\"]\n}\n"u8, Calibration);

        Assert.Equal(once, ManifestText.WithCalibration(once, Calibration));
    }

    [Fact]
    public void Create_GivesAManifestOfTheCalibrationAlone() =>
        Assert.Equal(7, ModelManifest.Parse(ManifestText.Create(Calibration)).Calibration!.Count);
}
