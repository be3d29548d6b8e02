using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Flat rows of pixels, with makers' files that may be about another export of the same model.</summary>
public sealed class FlatInputTests : IDisposable
{
    private const string Preprocessor = "preprocessor_config.json";
    private const string Config = "config.json";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("[0.5, 0.5, 0.5]", "[0.25, 0.25, 0.25]", 0.5f, false)]
    [InlineData("[0.485, 0.456, 0.406]", "[0.229, 0.224, 0.225]", 0f, true)]
    public void Load_NumbersOfThreeColoursBesideAGreyGraph_AreOneOrPassedOver(
        string mean, string std, float expected, bool warns)
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 784, "batch", 1, 28, 28));
        File.WriteAllText(
            Path.Combine(folder.Path, "a", "1", "preprocessor_config.json"),
            $$"""{ "do_normalize": true, "image_mean": {{mean}}, "image_std": {{std}} }""");
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        Assert.Equal([expected], model.Input.Mean);
        Assert.Equal(
            warns,
            model.Warnings.Any(warning => warning.Contains(
                "preprocessor_config.json: image_mean does not fit a model of 1 channel", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(784, Preprocessor, """{"do_rescale": true}""", 1, 28, 28, "input.color")]
    [InlineData(784, Preprocessor, """{"do_convert_rgb": true}""", 1, 28, 28, "input.color")]
    [InlineData(3072, Preprocessor, """{"do_convert_rgb": true}""", 3, 32, 32)]
    [InlineData(784, Config, """{"num_channels": 3, "image_size": 28}""", 1, 28, 28, "input.channels")]
    [InlineData(784, Config, """{"num_channels": 1, "image_size": 224}""", 1, 28, 28, "input.height", "input.width")]
    [InlineData(784, Config, """{"image_size": 14}""", 1, 28, 28, "input.height", "input.width")]
    [InlineData(800, Config, """{"image_size": [20, 40]}""", 1, 20, 40)]
    [InlineData(3072, Config, """{"num_channels": 1}""", 3, 32, 32, "input.channels")]
    [InlineData(
        784, Config, """{"num_channels": 3, "image_size": 224}""", 1, 28, 28, "input.channels", "input.height",
        "input.width")]
    public void Load_MakersSizesThatDoNotFit_ArePassedOverWithAWarning(
        int length, string file, string content, int channels, int height, int width, params string[] overruled)
    {
        _folder.Write($"a/1/{file}", content);

        var (input, sources, warnings) = Load(length, null);

        Assert.Equal((channels, height, width), (input.Channels, input.Height, input.Width));
        Assert.Equal(channels == 1 ? PixelColor.Gray : PixelColor.Rgb, input.Color);
        var contradictions = warnings.Where(warning => warning.Contains("contradicts", StringComparison.Ordinal));
        Assert.Equal(overruled.Length, contradictions.Count());
        Assert.All(overruled, field => Assert.Equal("the graph's shape", sources[field]));
    }

    [Theory]
    [InlineData("""{"input": {"channels": 3}}""", "not a square image with 3 channel(s)")]
    [InlineData("""{"input": {"height": 33}}""", "which is not a square image")]
    public void Load_OwnersSizesThatDoNotFit_AreRejected(string manifest, string reason)
    {
        _folder.Write($"a/1/{Preprocessor}", """{"do_convert_rgb": true}""");
        _folder.Write("a/1/model.onnx", ModelFolder.PickFirst(3, 784, "batch", 784));
        _folder.Write("a/1/model.json", manifest);
        using var repository = new ModelRepository(new RepositorySettings { Folder = _folder.Path });
        repository.LoadAll();

        Assert.Contains(reason, Assert.Single(repository.Current.Failures).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OwnersColourOverMakersSizes_IsBelieved()
    {
        _folder.Write($"a/1/{Config}", """{"num_channels": 1, "image_size": 224}""");

        var (input, sources, _) = Load(3072, """{"input": {"color": "bgr"}}""");

        Assert.Equal((3, 32, 32, PixelColor.Bgr), (input.Channels, input.Height, input.Width, input.Color));
        Assert.Equal("model.json: input.color", sources["input.color"]);
    }

    private (ImageInput Input, IReadOnlyDictionary<string, string> Sources, IReadOnlyList<string> Warnings) Load(
        int length, string? manifest)
    {
        _folder.Write("a/1/model.onnx", ModelFolder.PickFirst(3, length, "batch", length));
        if (manifest is not null)
        {
            _folder.Write("a/1/model.json", manifest);
        }

        using var repository = new ModelRepository(new RepositorySettings { Folder = _folder.Path });
        repository.LoadAll();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        var model = repository.Current.Find("a", null);
        return (model.Input, model.Sources, model.Warnings);
    }
}
