namespace SoftmaxService.Cli.Tests.Verification;

/// <summary>
/// <c>softmax verify</c> names the maker's recipe where the manifest is made wrong on purpose, and the manifest that it
/// prints sets it right.
/// </summary>
public sealed class NearestRecipeTests
{
    private const string ImageNet = """ "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], """;

    private const string Half = """ "color": "rgb", "mean": [0.5], "std": [0.5] """;

    /// <summary>A maker's recipe, what the manifest says instead, and the only fields that are wrong.</summary>
    public static TheoryData<string, string, string?, string> WrongManifests => new()
    {
        // Colours.
        { "torchvision", $"{ImageNet} {Cropped(54)}, \"color\": \"bgr\"", "torchvision", "color" },
        {
            "keras-caffe", $"{Keras("rgb")}, \"scale\": 1, \"mean\": [103.939, 116.779, 123.68], \"std\": [1]",
            "keras-caffe", "color"
        },

        // Scaling.
        { "torchvision", Cropped(54), "torchvision", "mean std" },
        { "torchvision", $"{ImageNet} {Cropped(54)}, \"scale\": 1", "torchvision", "scale" },
        { "keras-tf", Keras("rgb"), "keras-tf", "scale mean" },
        { "ultralytics", $"{Cropped(48)}, \"scale\": 1", "ultralytics", "scale" },
        { "bytes", """ "color": "rgb", "filter": "lanczos", "round": true """, null, "scale" },
        { "own-numbers", $"{ImageNet} {Cropped(54)}", null, "mean std" },

        // Framing.
        { "torchvision", $"{ImageNet} {Cropped(48)}", "torchvision", "resizeTo" },
        { "torchvision", $"{ImageNet} \"resize\": \"stretch\", \"round\": true", "torchvision", "resize resizeTo" },
        { "timm-95", $"{ImageNet} {Cropped(54)}, \"filter\": \"bicubic\"", null, "resizeTo" },
        { "odd-size", Cropped(54), null, "resizeTo" },
        { "hf", $"{ImageNet} {Cropped(59)}, \"filter\": \"bicubic\"", null, "cropOffset" },

        // Resampling.
        { "timm", $"{ImageNet} {Cropped(54)}", "timm", "filter" },
        { "hf-vit", $"{Half}, \"filter\": \"bicubic\", \"round\": true", null, "filter" },
        { "tensorflow", Half, null, "antialias" },

        // Nothing is right.
        {
            "clip", """ "color": "bgr", "resize": "fit" """,
            "clip", "color scale mean std resize resizeTo fill filter round"
        },
        {
            "cifar10", """ "color": "bgr", "scale": 1, "resize": "crop", "resizeTo": 50, "filter": "bicubic" """,
            null, "color scale mean std resize resizeTo filter round"
        },
        { "hf", "", null, "color scale mean std resize resizeTo cropOffset filter round" },
    };

    [Theory]
    [MemberData(nameof(WrongManifests))]
    public async Task TheMakersTensorShowsTheMakersRecipe(string recipe, string input, string? name, string wrong)
    {
        using var data = new MakersTensors().With(Braced(input));
        var tensor = data.WriteTensor(recipe);

        var (code, found) = await data.VerifyJsonAsync("--input", tensor);

        var better = found["better"]!;
        Assert.Equal(5, code);
        Assert.False((bool)found["agrees"]!);
        Assert.True((bool)better["agrees"]!, better.ToJsonString());
        Assert.Equal(name, (string?)better["name"]);
        Assert.InRange((double)better["tensor"]!["meanLevels"]!, 0, 0.5);
        var changed = better["changes"]!.AsArray().Select(change => (string)change!["field"]!).ToArray();
        Assert.All(
            changed, field => Assert.Contains(field["input.".Length..], wrong.Split(' ')));
        Assert.NotEmpty(changed);

        data.Follow(found);
        var (again, verified) = await data.VerifyJsonAsync("--input", tensor);
        Assert.True(again == 0, verified.ToJsonString());
    }

    /// <summary>The same by ten scores alone.</summary>
    [Theory]
    [InlineData("torchvision", "color")]
    [InlineData("torchvision", "scaling")]
    [InlineData("torchvision", "crop")]
    [InlineData("keras-caffe", "all")]
    public async Task TheMakersScoresShowTheMakersRecipe(string recipe, string wrong)
    {
        using var data = new MakersTensors().With(Braced(wrong switch
        {
            "color" => $"{ImageNet} {Cropped(54)}, \"color\": \"bgr\"",
            "scaling" => Cropped(54),
            "crop" => $"{ImageNet} {Cropped(48)}",
            _ => "",
        }));
        var scores = data.WriteScores(recipe);

        var (code, found) = await data.VerifyJsonAsync("--output", scores);

        Assert.Equal(5, code);
        Assert.Equal((recipe, true), ((string?)found["better"]!["name"], (bool)found["better"]!["agrees"]!));
        data.Follow(found);
        Assert.Equal(0, (await data.VerifyJsonAsync("--output", scores)).Code);
        Assert.Equal(0, (await data.VerifyJsonAsync("--input", data.WriteTensor(recipe))).Code);
    }

    [Theory]
    [InlineData("gray", """ "foreground": "light" """)]
    [InlineData("inverted", """ "mean": [0.1307], "std": [0.3081], "round": true """)]
    public async Task TheRecipeOfAGreyModelIsFound(string recipe, string input)
    {
        using var data = new MakersTensors().With(
            Braced(input), MakersTensors.Random(1, MakersTensors.GraySide, seed: 2));
        var tensor = data.WriteTensor(recipe);

        var (code, found) = await data.VerifyJsonAsync("--input", tensor);

        Assert.Equal(5, code);
        Assert.True((bool)found["better"]!["agrees"]!, found.ToJsonString());
        data.Follow(found);
        Assert.Equal(0, (await data.VerifyJsonAsync("--input", tensor)).Code);
    }

    [Fact]
    public async Task AModelThatTakesChannelsLastIsVerifiedAlike()
    {
        var planes = MakersTensors.Of("keras-tf").ToFloats();
        var pixels = MakersTensors.Side * MakersTensors.Side;
        float[] values = [.. Enumerable.Range(0, planes.Length).Select(i => planes[(i % 3 * pixels) + (i / 3)])];
        using var data = new MakersTensors().With(
            Braced(Keras("rgb")), MakersTensors.Random(3, MakersTensors.Side, seed: 3, isChannelsLast: true));
        var tensor = data.Write("tensor", values, 1, MakersTensors.Side, MakersTensors.Side, 3);

        var (code, found) = await data.VerifyJsonAsync("--input", tensor);

        Assert.Equal((5, "keras-tf"), (code, (string?)found["better"]!["name"]));
        data.Follow(found);
        Assert.Equal(0, (await data.VerifyJsonAsync("--input", tensor)).Code);
    }

    /// <summary>A picture of another thing agrees with no recipe, and none is called right.</summary>
    [Fact]
    public async Task ATensorOfAnotherPictureAgreesWithNone()
    {
        var random = new Random(5);
        float[] noise = [.. MakersTensors.Of("torchvision").ToFloats().Select(_ => (4 * random.NextSingle()) - 2)];
        using var data = new MakersTensors().With(Braced($"{ImageNet} {Cropped(54)}"));

        var (code, found) = await data.VerifyJsonAsync(
            "--input", data.Write("noise", noise, 1, 3, MakersTensors.Side, MakersTensors.Side));

        Assert.Equal((5, false), (code, (bool)found["better"]!["agrees"]!));
    }

    private static string Braced(string input) => $"{{ {input} }}";

    private static string Cropped(int shorterSide) =>
        $"\"resize\": \"crop\", \"resizeTo\": {shorterSide}, \"round\": true";

    private static string Keras(string color) =>
        $"\"color\": \"{color}\", \"resize\": \"stretch\", \"filter\": \"nearest\", \"round\": true";
}
