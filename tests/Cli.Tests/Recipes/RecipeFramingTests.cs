using System.Text.Json.Nodes;
using SoftmaxService.Cli.Tests.Commands;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Tests.Recipes;

/// <summary>The search finds how photographs of other shapes than the model's were resized.</summary>
public sealed class RecipeFramingTests
{
    private const string Stated =
        """{ "input": { "color": "rgb", "scale": 0.0078431373, "mean": [1], "std": [1] } }""";

    private static readonly ImageInput Signed = new()
    {
        Channels = 3,
        Height = TextureModel.Side,
        Width = TextureModel.Side,
        Color = PixelColor.Rgb,
        Scale = 1 / 127.5f,
        Mean = [1, 1, 1],
        Std = [1, 1, 1],
        Round = true,
    };

    [Theory]
    [InlineData(ResizeMode.Stretch, null)]
    [InlineData(ResizeMode.Fit, null)]
    [InlineData(ResizeMode.Crop, 36)]
    public async Task TheFramingOfTrainingIsFound(ResizeMode resize, int? resizeTo)
    {
        var recipe = Signed with
        {
            Resize = resize,
            ResizeTo = resizeTo is { } shorter ? ResizeTarget.Shorter(shorter) : null,
        };
        using var model = new TextureModel(recipe, cell: 6, strength: 10, Stated);

        var found = await SearchAsync(model);

        var input = found["input"]!;
        Assert.Equal(resize == ResizeMode.Stretch ? null : Lower(resize), (string?)input["resize"]);
        Assert.Equal(resizeTo, (int?)input["resizeTo"]);
        Assert.Equal(1 / 127.5, (double)input["scale"]!, 1e-6);
    }

    /// <summary>Of a texture as fine as the pixels, other filters see something else.</summary>
    [Fact]
    public async Task TheFilterOfTrainingIsFound()
    {
        using var model = new TextureModel(Signed with { Antialias = false }, cell: 1, strength: 4, Stated);

        var found = await SearchAsync(model);

        Assert.Equal("bilinear", (string?)found["input"]!["filter"]);
        Assert.False((bool?)found["input"]!["antialias"]);
    }

    /// <summary>A recipe that is kept may stand behind others; none is less than nothing behind the first.</summary>
    [Fact]
    public async Task TheTableBeginsWithTheRecipeThatFitsBest()
    {
        using var model = new TextureModel(Signed with { Antialias = false }, cell: 1, strength: 9, Stated);

        var found = await SearchAsync(model);

        var tried = found["tried"]!.AsArray();
        double[] margins = [.. tried.Select(one => (double)one!["margin"]!)];
        Assert.Equal(("kept", "present"), ((string?)found["verdict"], (string?)found["best"]));
        Assert.NotEqual("present", (string?)tried[0]!["name"]);
        Assert.Equal(0, margins[0]);
        Assert.Equal(margins.Order(), margins);
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => $"{value}".ToLowerInvariant();

    private static async Task<JsonNode> SearchAsync(TextureModel model)
    {
        var run = await CommandRun.OfAsync("recipe", model.ModelPath, model.Data, "--json");
        Assert.True(run.Output.Length > 0, run.Error);
        return JsonNode.Parse(run.Output)!;
    }
}
