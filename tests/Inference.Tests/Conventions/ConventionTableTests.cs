using System.Globalization;
using System.Text;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Tests.Imaging;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>
/// Exports of well-known tools, put into the folder as the tools leave them, get the tensors of their makers'
/// pipelines. What was measured is the table in docs/models.md; with <c>SOFTMAX_WRITE_DOCUMENTATION=1</c> it is written
/// there.
/// </summary>
public sealed class ConventionTableTests
{
    private const string Document = "docs/models.md";
    private const string Heading = "| Exported by | Files beside the graph | Mean difference | Within 2 levels |";

    // In levels of 0…255.
    private const double MaxMean = 0.5;
    private const double Near = 2;
    private const double Tolerance = 0.001;
    private const double MinNear = 0.999;

    private static readonly bool IsWriting = Environment.GetEnvironmentVariable("SOFTMAX_WRITE_DOCUMENTATION") == "1";

    public static TheoryData<string> Exports => [.. ToolExport.All.Select(export => export.Name)];

    [Theory]
    [MemberData(nameof(Exports))]
    public void Load_ExportAsItsToolLeavesIt_KnowsLabelsAndRecipe(string name)
    {
        var export = ToolExport.All.Single(one => one.Name == name);
        using var folder = new TemporaryFolder();
        using var repository = Load(export, folder);
        var model = repository.Current.Find("net", "1");

        Assert.Equal(ToolExport.Animals, model.Labels);
        Assert.Equal([], model.Warnings);
        Assert.All(
            ["input.color", "input.scale", "input.mean", "input.std", "input.resize", "input.filter", "labels"],
            field => Assert.NotEqual("assumed", model.Sources[field]));
    }

    [Fact]
    public void Preprocess_ExportOfATool_EqualsTheMakersTensorAsTheDocumentSays()
    {
        var pictures = MakersTensors.Pictures.ToDictionary(picture => picture, MakersTensors.Of);
        var table = new StringBuilder(Heading).Append("\n|---|---|---|---|\n");
        foreach (var export in ToolExport.All)
        {
            using var folder = new TemporaryFolder();
            using var repository = Load(export, folder);
            var input = repository.Current.Find("net", "1").Input;
            var differences = pictures
                .SelectMany(picture => picture.Value.Differences(export.Reference, input, export.Black, export.White))
                .ToArray();
            var mean = differences.Average();
            var near = differences.Count(difference => difference <= Near + Tolerance) / (double)differences.Length;
            Assert.True(mean <= MaxMean && near >= MinNear, $"{export.Name}: mean {mean:F4}, {near:P3} within 2");
            var files = export.Files.Length == 0
                ? "none: the graph's metadata"
                : string.Join(", ", export.Files.Select(file => $"`{file.Name}`"));
            table.Append(
                CultureInfo.InvariantCulture, $"| {export.Name} | {files} | {mean:F2} | {100 * near:F2} % |\n");
        }

        var text = Repository.ReadText(Document);
        var start = text.IndexOf(Heading, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Document} has no table with the heading {Heading}");
        var end = text.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        if (IsWriting)
        {
            File.WriteAllText(Repository.PathOf(Document), text[..start] + table + text[end..]);
        }
        else
        {
            Assert.Equal(table.ToString(), text[start..end]);
        }
    }

    private static ModelRepository Load(ToolExport export, TemporaryFolder folder)
    {
        folder.Write($"net/1/{export.OnnxName}", export.Onnx);
        foreach (var (name, content) in export.Files)
        {
            folder.Write($"net/1/{name}", content);
        }

        var repository = new ModelRepository(new RepositorySettings { Folder = folder.Path });
        repository.LoadAll();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        return repository;
    }
}
