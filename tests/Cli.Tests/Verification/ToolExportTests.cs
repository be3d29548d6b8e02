using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using SoftmaxService.Cli.Verification;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Cli.Tests.Verification;

/// <summary>
/// The exports of the table in docs/models.md, each with a manifest that is made wrong on purpose: <c>softmax
/// verify</c> finds what is wrong. ConventionTableTests measures that the service's tensors of these exports are those
/// of their makers, so the maker's tensor is the service's own here, with the noise of another decoder.
/// </summary>
public sealed class ToolExportTests
{
    // In levels. PaddleClas' and MMPretrain's differ from ours by 0.08 in the mean.
    private const float Noise = 0.25f;

    private static readonly ConcurrentDictionary<string, BetterRecipe> Found = [];

    private static readonly (string Name, string[] Fields)[] Errors =
    [
        ("colours", ["color"]),
        ("mean", ["scale", "mean", "std"]),
        ("crop", ["resize", "resizeTo", "cropOffset", "fill"]),
    ];

    /// <summary>Exports whose mean is 0: they have none that could be missing.</summary>
    private static readonly string[] WithoutMean =
    [
        "Hugging Face, MobileViT",
        "Ultralytics, `task` classify",
        "Custom Vision",
        "Keras, scaling in the graph (EfficientNetV2)",
        "torchvision, normalization in the graph",
    ];

    public static TheoryData<string, string> Wrong()
    {
        var cases = new TheoryData<string, string>();
        foreach (var export in ToolExport.All)
        {
            foreach (var (error, _) in Errors.Where(one => one.Name != "mean" || !WithoutMean.Contains(export.Name)))
            {
                cases.Add(export.Name, error);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void TheRecipeOfAnExportIsFoundWhereItsManifestIsWrong(string name, string error)
    {
        using var folder = new TemporaryFolder();
        var (path, recipe) = Write(folder, name);
        State(path, WrongInput(recipe, error));
        var wrong = RecipeIn(path);
        var encoded = File.ReadAllBytes(MakersTensors.Image);
        var given = MakersPlanes(recipe, encoded);
        using var image = new DecodedImage(encoded, wrong);
        Assert.False(new TensorJudge(image, given).Compare(wrong).Agrees);

        // Three of the exports have the recipe of torchvision.
        var found = Found.GetOrAdd(
            $"{RecipeFields.Key(recipe)} {RecipeFields.Key(wrong)} {recipe.Layout}",
            _ => BetterRecipe.ByTensor(image, given, wrong, CancellationToken.None));
        var better = StatedRecipe.Of(found, wrong);

        Assert.True(better.Agrees, JsonSerializer.Serialize(better));
        Assert.All(
            better.Changes,
            change => Assert.Contains(
                change.Field["input.".Length..], Errors.Single(one => one.Name == error).Fields));

        var manifest = JsonNode.Parse(better.Manifest!.Value.GetRawText())!;
        State(path, manifest["input"]!.AsObject());
        foreach (var change in better.Changes.Where(one => one.Better == RecipeFields.None))
        {
            State(path, new JsonObject { [change.Field["input.".Length..]] = null });
        }

        Assert.True(new TensorJudge(image, given).Compare(RecipeIn(path)).Agrees, manifest.ToJsonString());
    }

    [Fact]
    public void EveryOtherExportHasAMean() => Assert.All(ToolExport.All, export =>
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(WithoutMean.Contains(export.Name), Write(folder, export.Name).Recipe.Mean.All(mean => mean == 0));
    });

    private static (string Path, ImageInput Recipe) Write(TemporaryFolder folder, string name)
    {
        var export = ToolExport.All.Single(one => one.Name == name);
        folder.Write($"net/1/{export.OnnxName}", export.Onnx);
        foreach (var (file, content) in export.Files)
        {
            folder.Write($"net/1/{file}", content);
        }

        var path = folder.PathOf("net/1");
        return (path, RecipeIn(path));
    }

    private static ImageInput RecipeIn(string path)
    {
        using var model = ClassifierModel.Load(path, "net", "1", new ModelSettings());
        return model.Input;
    }

    private static float[] MakersPlanes(ImageInput recipe, byte[] image)
    {
        var planes = new float[recipe.ElementCount];
        new ImagePreprocessor(recipe with { Layout = TensorLayout.ChannelsFirst }).Preprocess(image, planes);
        var random = new Random(1);
        for (var i = 0; i < planes.Length; i++)
        {
            var level = recipe.Scale / recipe.Std[i / (recipe.Height * recipe.Width)];
            planes[i] += Noise * ((2 * random.NextSingle()) - 1) * level;
        }

        return planes;
    }

    private static JsonObject WrongInput(ImageInput recipe, string error) => error switch
    {
        "colours" => new JsonObject { ["color"] = recipe.Color == PixelColor.Bgr ? "rgb" : "bgr" },
        "mean" => new JsonObject
        {
            ["scale"] = recipe.Scale,
            ["mean"] = new JsonArray(0),
            ["std"] = new JsonArray([.. recipe.Std.Select(value => JsonValue.Create(value))]),
        },
        _ => new JsonObject
        {
            ["resize"] = "crop",
            ["resizeTo"] = recipe.ResizeTo?.ShorterSide == 256 ? 224 : 256,
            ["cropOffset"] = JsonNamingPolicy.CamelCase.ConvertName($"{recipe.CropOffset}"),
        },
    };

    /// <summary>Sets fields of the manifest's <c>input</c>; those that are null are removed.</summary>
    private static void State(string path, JsonObject input)
    {
        var file = Path.Combine(path, "model.json");
        var manifest = File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file))! : new JsonObject();
        manifest["input"] ??= new JsonObject();
        foreach (var (name, value) in input)
        {
            manifest["input"]!.AsObject().Remove(name);
            if (value is not null)
            {
                manifest["input"]![name] = value.DeepClone();
            }
        }

        File.WriteAllText(file, manifest.ToJsonString());
    }
}
