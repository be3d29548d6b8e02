using System.Reflection;

namespace SoftmaxService.Architecture.Tests;

/// <summary>The libraries that a project or a room may use.</summary>
public sealed class PackageTests
{
    private const string OnnxRuntime = "Microsoft.ML.OnnxRuntime";
    private const string Skia = "SkiaSharp";
    private const string Yaml = "YamlDotNet";
    private const string Intrinsics = "System.Runtime.Intrinsics";

    private static readonly string[] Http =
    [
        "Microsoft.AspNetCore",
        "Microsoft.Extensions",
        "Microsoft.OpenApi",
        "OpenTelemetry",
        "Serilog",
        "Swashbuckle",
        "System.Net",
    ];

    [Fact]
    public void InferenceKnowsNoHttp() => AssertOnly([], Project.Inference, Http);

    [Fact]
    public void OnlyOnnxNamesOnnxRuntime()
    {
        AssertOnly(["Onnx"], Project.Inference, OnnxRuntime);
        AssertOnly([], Project.Api, OnnxRuntime);
        AssertOnly([], Project.Cli, OnnxRuntime);
    }

    [Fact]
    public void OnlyImagingNamesSkiaInTheService()
    {
        AssertOnly(["Imaging"], Project.Inference, Skia);
        AssertOnly([], Project.Api, Skia);
    }

    [Fact]
    public void OnlyConventionsNamesYaml()
    {
        AssertOnly(["Conventions"], Project.Inference, Yaml);
        AssertOnly([], Project.Api, Yaml);
        AssertOnly([], Project.Cli, Yaml);
    }

    [Fact]
    public void NeitherTheEdgeNorTheCommandLineKnowsIntrinsics()
    {
        AssertOnly([], Project.Api, Intrinsics);
        AssertOnly([], Project.Cli, Intrinsics);
    }

    [Fact]
    public void TheEdgeDrawsNoPlots() => AssertOnly([], Project.Api, "ScottPlot", "SoftmaxService.Cli");

    [Fact]
    public void TheCommandLineKnowsNoHttp() => AssertOnly([], Project.Cli, [.. Http, "SoftmaxService.Api"]);

    [Theory]
    [InlineData("SoftmaxService.Numerics", "SoftmaxService", "Microsoft", "System.Net", Skia)]
    [InlineData(
        "SoftmaxService.Inference", "Microsoft.AspNetCore", "Microsoft.Extensions", "System.Net", "SoftmaxService.Api")]
    [InlineData("SoftmaxService.Api", OnnxRuntime, Skia, "ScottPlot", "softmax")]
    public void AnAssemblyReferencesNone(string assembly, params string[] forbidden) => Assert.DoesNotContain(
        Assembly.Load(assembly).GetReferencedAssemblies(),
        reference => forbidden.Any(name => reference.Name!.StartsWith(name, StringComparison.Ordinal)));

    [Fact]
    public void TrainingIsNotInTheServiceSolution()
    {
        var solution = File.ReadAllText(Path.Combine(SourceReader.RepositoryRoot, "SoftmaxService.sln"));

        Assert.DoesNotContain("Training", solution, StringComparison.Ordinal);
    }

    /// <summary>Fails if another room uses these namespaces, or if one of these rooms does not.</summary>
    private static void AssertOnly(string[] rooms, Project project, params string[] namespaces)
    {
        var uses = SourceReader.UsesIn(project).Where(use => namespaces.Any(use.IsOf)).ToArray();

        Assert.DoesNotContain(uses, use => !rooms.Contains(use.UserRoom));
        Assert.All(rooms, room => Assert.Contains(uses, use => use.UserRoom == room));
    }
}
