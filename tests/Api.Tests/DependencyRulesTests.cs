using System.Text.RegularExpressions;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.Tests;

/// <summary>Holds the rooms apart: what each may not know is looked for in the assemblies' references and in the sources.</summary>
public sealed partial class DependencyRulesTests
{
    private const string OnnxRuntime = "Microsoft.ML.OnnxRuntime";
    private const string Skia = "SkiaSharp";
    private const string Intrinsics = "System.Runtime.Intrinsics";

    private static readonly string[] Http = ["Microsoft.AspNetCore", "System.Net", "Microsoft.Extensions", "Serilog", "Swashbuckle", "Microsoft.OpenApi", "OpenTelemetry"];

    [Fact]
    public void NumericsKnowsNobody() =>
        AssertRoomDoesNotName("src/Numerics", [.. Http, OnnxRuntime, Skia, "SoftmaxService.Inference.Imaging", "SoftmaxService.Inference.Onnx", "SoftmaxService.Inference.Models", "SoftmaxService.Inference.Calibration"]);

    [Fact]
    public void ImagingKnowsNeitherModelsNorTheirRuntime() =>
        AssertRoomDoesNotName("src/Inference/Imaging", [.. Http, OnnxRuntime, "SoftmaxService.Inference.Onnx", "SoftmaxService.Inference.Models", "SoftmaxService.Inference.Calibration", "Labels"]);

    [Fact]
    public void OnnxKnowsNeitherPixelsNorLabels() =>
        AssertRoomDoesNotName("src/Inference/Onnx", [.. Http, Skia, "SoftmaxService.Inference.Imaging", "SoftmaxService.Inference.Models", "SoftmaxService.Inference.Batching", "SoftmaxService.Inference.Calibration", "Labels"]);

    [Fact]
    public void ModelsKnowsNoHttp() =>
        AssertRoomDoesNotName("src/Inference/Models", [.. Http, Skia]);

    [Fact]
    public void BatchingKnowsNeitherHttpNorImages() =>
        AssertRoomDoesNotName("src/Inference/Batching", [.. Http, OnnxRuntime, Skia, "SoftmaxService.Inference.Imaging", "SoftmaxService.Inference.Models", "SoftmaxService.Inference.Calibration", "Labels"]);

    [Fact]
    public void CalibrationKnowsNeitherHttpNorOnnx() =>
        AssertRoomDoesNotName("src/Inference/Calibration", [.. Http, OnnxRuntime, Skia, "SoftmaxService.Inference.Onnx"]);

    [Fact]
    public void TheEdgeKnowsNeitherIntrinsicsNorOnnxRuntimeNorPixels() =>
        AssertRoomDoesNotName("src/Api", [Intrinsics, OnnxRuntime, Skia]);

    [Fact]
    public void TheCommandLineKnowsNeitherHttpNorOnnxRuntime() =>
        AssertRoomDoesNotName("src/Cli", [.. Http, Intrinsics, OnnxRuntime, "SoftmaxService.Api"]);

    [Fact]
    public void TheEdgeDrawsNoPlots() =>
        AssertRoomDoesNotName("src/Api", ["ScottPlot", "SoftmaxService.Cli"]);

    [Fact]
    public void OnlyOnnxNamesOnnxRuntime()
    {
        var others = Sources("src").Where(path => !path.Contains("/Inference/Onnx/", StringComparison.Ordinal));

        Assert.DoesNotContain(others, path => CodeOf(path).Contains(OnnxRuntime, StringComparison.Ordinal));
        Assert.Contains(Sources("src/Inference/Onnx"), path => CodeOf(path).Contains(OnnxRuntime, StringComparison.Ordinal));
    }

    [Fact]
    public void InferenceReferencesNoWebFramework() =>
        Assert.DoesNotContain(
            typeof(ImageClassifier).Assembly.GetReferencedAssemblies(),
            reference => Http.Any(name => reference.Name!.StartsWith(name, StringComparison.Ordinal)) || reference.Name!.StartsWith("SoftmaxService.Api", StringComparison.Ordinal));

    [Fact]
    public void TheEdgeReferencesNeitherOnnxRuntimeNorSkia() =>
        Assert.DoesNotContain(typeof(Program).Assembly.GetReferencedAssemblies(), reference => reference.Name is OnnxRuntime or Skia);

    [Fact]
    public void TrainingIsNotInTheServiceSolution()
    {
        var solution = File.ReadAllText(Path.Combine(RunningService.RepositoryRoot, "SoftmaxService.sln"));

        Assert.DoesNotContain("Training", solution, StringComparison.Ordinal);
    }

    [Fact]
    public void ProgramNamesEachConcernOnce()
    {
        var program = File.ReadAllText(Path.Combine(RunningService.RepositoryRoot, "src/Api/Program.cs"));
        var calls = SetupCall().Matches(program).Select(call => call.Groups["name"].Value).ToArray();

        Assert.True(calls.Length > 20);
        Assert.Equal(calls.Distinct(), calls);
    }

    [Fact]
    public void SoftmaxIsSpeltOneWayAndNamesNoFolder()
    {
        Assert.DoesNotContain(Sources("src"), path => CodeOf(path).Contains("SoftMax", StringComparison.Ordinal));
        Assert.DoesNotContain(Sources("src"), path => path.Contains("/Softmax/", StringComparison.Ordinal));
    }

    [Fact]
    public void NoTypeHasANameThatCouldHoldAnything()
    {
        var types = new[] { typeof(Program).Assembly, typeof(ImageClassifier).Assembly }.SelectMany(assembly => assembly.GetTypes()).Where(type => type.Namespace?.StartsWith("SoftmaxService", StringComparison.Ordinal) == true);

        Assert.DoesNotContain(types, type => AnythingName().IsMatch(type.Name));
    }

    private static void AssertRoomDoesNotName(string room, string[] forbidden)
    {
        var sources = Sources(room).ToArray();

        Assert.NotEmpty(sources);
        Assert.All(sources, path =>
        {
            var code = CodeOf(path);
            Assert.All(forbidden, name => Assert.DoesNotContain(name, code, StringComparison.Ordinal));
        });
    }

    private static IEnumerable<string> Sources(string room) =>
        Directory.EnumerateFiles(Path.Combine(RunningService.RepositoryRoot, room), "*.cs", SearchOption.AllDirectories).Select(path => path.Replace('\\', '/'));

    /// <summary>A source without its comments, which may speak of what the code must not know.</summary>
    private static string CodeOf(string path) => Comment().Replace(File.ReadAllText(path), "");

    [GeneratedRegex("^\\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("\\.(?<name>(Add|Use|Map)\\w+)[(<]")]
    private static partial Regex SetupCall();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Processor|Common)$")]
    private static partial Regex AnythingName();
}
