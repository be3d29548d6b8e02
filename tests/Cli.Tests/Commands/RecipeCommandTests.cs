using System.Text.Json;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Cli.Tests.Recipes;
using SoftmaxService.Inference.Models;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Cli.Tests.Commands;

public sealed class RecipeCommandTests
{
    private const string Signed = """{ "input": { "scale": 0.00784313725, "mean": [1], "std": [1] } }""";

    [Theory]
    [InlineData("mnist")]
    [InlineData("signed")]
    [InlineData("bytes")]
    public async Task FiftyImagesFindTheMakersNumbers(string recipe)
    {
        using var model = new ShadeModel(1, RecipeCatalog.Find(recipe)!.Values);

        var (code, found) = await SearchAsync(model, 50);

        Assert.Equal((0, "found", recipe), (code, Verdict(found), Best(found)));
        Assert.InRange(found.GetProperty("tried")[0].GetProperty("accuracy").GetDouble(), 0.8, 1);
    }

    [Fact]
    public async Task AnInvertedModelIsFound()
    {
        using var model = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values.Inverted);

        var (_, found) = await SearchAsync(model, 50);

        Assert.Equal(("found", "mnist, inverted"), (Verdict(found), Best(found)));
        Assert.Equal(-1 / 255.0, found.GetProperty("input").GetProperty("scale").GetDouble(), 1e-9);
    }

    [Theory]
    [InlineData("keras-caffe", true, "keras-caffe, BGR")]
    [InlineData("signed", false, "signed")]
    [InlineData("signed", true, "signed, BGR")]
    public async Task TheOrderOfColoursIsFound(string recipe, bool isBgr, string name)
    {
        using var model = new ShadeModel(3, RecipeCatalog.Find(recipe)!.Values, isBgr);

        var (_, found) = await SearchAsync(model, 50);

        Assert.Equal(name, Best(found));
        Assert.Equal(isBgr ? "bgr" : "rgb", found.GetProperty("input").GetProperty("color").GetString());
        Assert.All(
            found.GetProperty("rivals").EnumerateArray(),
            rival => Assert.Equal(isBgr, rival.GetString()!.EndsWith(", BGR", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("cifar10")]
    [InlineData("cifar100")]
    public async Task NumbersThatFewImagesCannotTellApartAreNotSure(string recipe)
    {
        using var model = new ShadeModel(3, RecipeCatalog.Find(recipe)!.Values);

        var (code, found) = await SearchAsync(model, 50);

        string[] named =
        [
            Best(found),
            .. found.GetProperty("rivals").EnumerateArray().Select(rival => rival.GetString()!),
        ];
        Assert.Equal((4, "not-sure"), (code, Verdict(found)));
        Assert.Contains("cifar10", named);
        Assert.Contains("cifar100", named);
        Assert.DoesNotContain("unit", named);
        Assert.All(named, name => Assert.DoesNotContain("BGR", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheRightRecipeIsKept()
    {
        using var model = new ShadeModel(1, RecipeCatalog.Find("signed")!.Values, manifest: Signed);

        var (code, found) = await SearchAsync(model, 50, "--apply");

        Assert.Equal((0, "confirmed", "present"), (code, Verdict(found), Best(found)));
        Assert.Equal(Signed, await File.ReadAllTextAsync(model.ManifestPath));
    }

    [Fact]
    public async Task ApplyingKeepsTheRestOfTheManifest()
    {
        using var model = new ShadeModel(
            1,
            RecipeCatalog.Find("mnist")!.Values,
            manifest: "{\n  // ours\n  \"description\": \"shades\",\n  \"input\": { \"resize\": \"fit\" }\n}\n");
        var images = model.WriteImages(60);

        var run = await CommandRun.OfAsync("recipe", model.ModelPath, images, "--apply");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"with\s+scale\s+0\.003922,\s+mean\s+0\.1307\s+and\s+std\s+0\.3081", run.Output);
        var text = await File.ReadAllBytesAsync(model.ManifestPath);
        Assert.Contains("{\n  // ours\n  \"description\": \"shades\"", System.Text.Encoding.UTF8.GetString(text),
            StringComparison.Ordinal);
        var input = ModelManifest.Parse(text).Input!;
        Assert.Equal([0.1307f], input.Mean);
        Assert.Equal([0.3081f], input.Std);
        Assert.Equal(Inference.Imaging.ResizeMode.Fit, input.Resize);
        var again = await CommandRun.OfAsync("recipe", model.ModelPath, images, "--json");
        Assert.Equal("confirmed", Verdict(JsonDocument.Parse(again.Output).RootElement));
    }

    [Fact]
    public async Task EvaluatingSaysThatAnotherRecipeIsClearlyBetter()
    {
        using var model = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        var images = model.WriteImages(200);

        var plain = await CommandRun.OfAsync("evaluate", model.ModelPath, images);
        var right = await CommandRun.OfAsync("evaluate", model.ModelPath, images, "--recipe", "mnist");

        Assert.Matches(
            @"with\s+scale\s+0\.003922,\s+mean\s+0\.1307\s+and\s+std\s+0\.3081\s+accuracy\s+is", plain.Output);
        Assert.Equal((0, 0), (plain.ExitCode, right.ExitCode));
        Assert.DoesNotContain("Warning", right.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await CommandRun.OfAsync("evaluate", model.ModelPath, images, "--recipe", "none")).ExitCode);
        Assert.Equal(2, (await CommandRun.OfAsync("evaluate", model.ModelPath, images, "--recipe", "timm")).ExitCode);
    }

    [Fact]
    public async Task CalibratingWarnsBeforeItWritesAndWritesTheRecipeThatItUsed()
    {
        using var model = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        var images = model.WriteImages(200);

        var plain = await CommandRun.OfAsync("calibrate", model.ModelPath, images);
        var right = await CommandRun.OfAsync("calibrate", model.ModelPath, images, "--recipe", "mnist");

        Assert.Contains("Warning: The images are likely prepared in another way", plain.Error,
            StringComparison.Ordinal);
        Assert.Equal(0, right.ExitCode);
        Assert.DoesNotContain("Warning", right.Error, StringComparison.Ordinal);
        var manifest = ModelManifest.Parse(await File.ReadAllBytesAsync(model.ManifestPath));
        Assert.Equal([0.1307f], manifest.Input!.Mean);
        Assert.InRange(manifest.Calibration!.Temperature, 0.5, 2);
    }

    /// <summary>Of one class, a recipe by which all images look alike would seem best.</summary>
    [Fact]
    public async Task ImagesOfOneClassDecideNothing()
    {
        using var model = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        var images = model.WriteImages(60, shade: 3);

        var found = await CommandRun.OfAsync("recipe", model.ModelPath, images);
        var evaluated = await CommandRun.OfAsync("evaluate", model.ModelPath, images);

        Assert.Equal((1, 0), (found.ExitCode, evaluated.ExitCode));
        Assert.Contains("all 60 are of the class '3'", found.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("another way than in training", evaluated.Output, StringComparison.Ordinal);
    }

    /// <summary>Pixels cannot be scaled to what an integer does not hold: only the order of colours is tried.</summary>
    [Theory]
    [InlineData(DataType.Uint8, false)]
    [InlineData(DataType.Uint8, true)]
    [InlineData(DataType.Int32, true)]
    [InlineData(DataType.Int64, true)]
    public async Task OfAModelOfIntegersTheOrderOfColoursIsFound(DataType type, bool isBgr)
    {
        using var model = new ShadeModel(3, RecipeCatalog.Find("bytes")!.Values, isBgr, type: type);

        var (code, found) = await SearchAsync(model, 50);

        Assert.Equal(
            (0, isBgr ? "found" : "confirmed", isBgr ? "BGR" : "present"), (code, Verdict(found), Best(found)));
        Assert.Equal(2, found.GetProperty("tried").GetArrayLength());
        Assert.Equal(isBgr ? "bgr" : "rgb", found.GetProperty("input").GetProperty("color").GetString());
    }

    private static async Task<(int Code, JsonElement Found)> SearchAsync(
        ShadeModel model, int count, params string[] options)
    {
        var run = await CommandRun.OfAsync(
            ["recipe", model.ModelPath, model.WriteImages(count), "--json", .. options]);
        return (run.ExitCode, JsonDocument.Parse(run.Output).RootElement);
    }

    private static string? Verdict(JsonElement found) => found.GetProperty("verdict").GetString();

    private static string Best(JsonElement found) => found.GetProperty("best").GetString()!;
}
