using SoftmaxService.Cli.Recipes;
using SoftmaxService.Cli.Tests.Recipes;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Tests.Commands;

public sealed class ImportCommandTests : IDisposable
{
    private const string Config =
        """{ "id2label": { "0": "a", "1": "b", "2": "c", "3": "d", "4": "e", "5": "f", "6": "g", "7": "h" } }""";

    private const string Preprocessor =
        """
        { "image_processor_type": "ViTImageProcessor", "do_resize": true, "size": { "height": 32, "width": 32 },
          "resample": 2, "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
          "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5] }
        """;

    private readonly TemporaryFolder _folder = new();

    private string Models => _folder.PathOf("models");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AHuggingFaceFolderBecomesAVersionThatStatesItsSources()
    {
        using var shades = new ShadeModel(3, RecipeCatalog.Find("signed")!.Values);
        _folder.Write("maker/onnx/model.onnx", shades.Onnx);
        _folder.Write("maker/config.json", Config);
        _folder.Write("maker/preprocessor_config.json", Preprocessor);
        _folder.Write("maker/tokenizer.json", "{}");
        _folder.Write("maker/README.md", "# a model");

        var run = await ImportAsync(_folder.PathOf("maker"), "--as", "shade");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            ["config.json", "model.json", "model.onnx", "preprocessor_config.json"],
            Directory.EnumerateFiles(Path.Combine(Models, "shade", "1")).Select(Path.GetFileName)
                .Order(StringComparer.Ordinal));
        Assert.Matches(@"labels +8: a, b, c, d, … +config\.json: id2label", run.Output);
        Assert.Equal(["shade"], Directory.EnumerateFileSystemEntries(Models).Select(Path.GetFileName));
        var text = await File.ReadAllTextAsync(Path.Combine(Models, "shade", "1", "model.json"));
        Assert.Contains(
            "\"mean\": [0.5, 0.5, 0.5], // preprocessor_config.json: image_mean", text, StringComparison.Ordinal);
        Assert.Contains("// config.json: id2label", text, StringComparison.Ordinal);
        Assert.Contains("\"layout\": \"NCHW\", // the graph's shape", text, StringComparison.Ordinal);
        using var model = Load("shade", "1");
        Assert.Equal("model.json: input.mean", model.Sources["input.mean"]);
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g", "h"], model.Labels);
    }

    [Fact]
    public async Task WhatIsAssumedStaysAWarning()
    {
        using var shades = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        var source = _folder.Write("digits.onnx", shades.Onnx);

        var run = await ImportAsync(source);

        Assert.Contains("No file says how pixels are scaled", run.Output, StringComparison.Ordinal);
        using var model = Load("digits", "1");
        Assert.Equal("assumed", model.Sources["input.scale"]);
        Assert.Contains(model.Warnings, warning => warning.Contains("scaled", StringComparison.Ordinal));
        Assert.Contains(
            "// assumed: \"scale\": 0.003921569",
            await File.ReadAllTextAsync(Path.Combine(model.Folder, "model.json")),
            StringComparison.Ordinal);
    }

    /// <summary>What a maker's file says and a warning doubts is not the owner's decision.</summary>
    [Fact]
    public async Task WhatIsDoubtedStaysAWarning()
    {
        using var shades = new ShadeModel(3, RecipeCatalog.Find("signed")!.Values);
        _folder.Write("maker/model.onnx", shades.Onnx);
        _folder.Write("maker/preprocessor_config.json", Preprocessor.Replace(
            "\"do_rescale\": true, \"rescale_factor\": 0.00392156862745098",
            "\"do_rescale\": false",
            StringComparison.Ordinal));

        var run = await ImportAsync(_folder.PathOf("maker"));

        Assert.Contains("which do not belong together", run.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        using var model = Load("maker", "1");
        Assert.Equal("preprocessor_config.json: image_mean", model.Sources["input.mean"]);
        Assert.Contains(
            model.Warnings, warning => warning.Contains("do not belong together", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LabelsThatFilesContradictStayAWarning()
    {
        using var shades = new ShadeModel(3, RecipeCatalog.Find("signed")!.Values);
        _folder.Write("maker/model.onnx", shades.Onnx);
        _folder.Write("maker/preprocessor_config.json", Preprocessor);
        _folder.Write("maker/config.json", Config);
        _folder.Write("maker/labels.txt", "b\na\nc\nd\ne\nf\ng\nh\n");

        var run = await ImportAsync(_folder.PathOf("maker"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var model = Load("maker", "1");
        Assert.Equal("config.json: id2label", model.Sources["labels"]);
        Assert.Contains(
            model.Warnings, warning => warning.Contains("but labels.txt says 'b'", StringComparison.Ordinal));
        Assert.Contains(
            "// config.json: id2label: \"labels\": [\"a\", \"b\",",
            await File.ReadAllTextAsync(Path.Combine(model.Folder, "model.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALinkedModelIsImportedWithTheFilesBesideWhatItLeadsTo()
    {
        using var shades = new ShadeModel(3, RecipeCatalog.Find("signed")!.Values);
        var real = _folder.Write("cache/onnx/model.onnx", shades.Onnx);
        _folder.Write("cache/config.json", Config);
        _folder.Write("cache/preprocessor_config.json", Preprocessor);
        var version = Directory.CreateDirectory(_folder.PathOf("linked/3")).FullName;
        File.CreateSymbolicLink(Path.Combine(version, "model.onnx"), real);

        var run = await ImportAsync(version);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var model = Load("linked", "1"); // named after the model, not after its version
        Assert.Equal([0.5f, 0.5f, 0.5f], model.Input.Mean);
        Assert.Equal("a", model.Labels[0]);
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData(".hidden")]
    public async Task ANameThatCannotBeAModelsIsRejected(string name)
    {
        using var shades = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);

        var run = await ImportAsync(_folder.Write("digits.onnx", shades.Onnx), "--as", name);

        Assert.Equal(2, run.ExitCode);
        Assert.False(Directory.Exists(Models));
    }

    [Fact]
    public async Task LabelledImagesDecideWhatNoFileSays()
    {
        using var shades = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        var source = _folder.Write("digits.onnx", shades.Onnx);

        var run = await ImportAsync(source, "--data", shades.WriteImages(60));

        Assert.Equal(0, run.ExitCode);
        using var model = Load("digits", "1");
        Assert.Equal([0.1307f], model.Input.Mean);
        Assert.Contains(
            "// found by 60 images of t10k-images-idx3-ubyte",
            await File.ReadAllTextAsync(Path.Combine(model.Folder, "model.json")),
            StringComparison.Ordinal);
    }

    /// <summary>What is assumed is no longer a doubt once images show that it is right.</summary>
    [Fact]
    public async Task LabelledImagesConfirmWhatIsAssumed()
    {
        using var shades = new ShadeModel(1, RecipeCatalog.Find("unit")!.Values);
        var source = _folder.Write("digits.onnx", shades.Onnx);

        var run = await ImportAsync(source, "--data", shades.WriteImages(60));

        Assert.Contains("The present recipe fits best", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("No file says how pixels are scaled", run.Output, StringComparison.Ordinal);
        using var model = Load("digits", "1");
        Assert.Equal("model.json: input.mean", model.Sources["input.mean"]);
        Assert.Contains(
            "// confirmed by 60 images of t10k-images-idx3-ubyte",
            await File.ReadAllTextAsync(Path.Combine(model.Folder, "model.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARecipeStatesWhatNoFileSays()
    {
        using var shades = new ShadeModel(3, RecipeCatalog.Find("keras-caffe")!.Values, isBgr: true);
        var source = _folder.Write("shades.onnx", shades.Onnx);

        await ImportAsync(source, "--recipe", "keras-caffe");

        using var model = Load("shades", "1");
        Assert.Equal((PixelColor.Bgr, 1f), (model.Input.Color, model.Input.Scale));
        Assert.Equal([103.939f, 116.779f, 123.68f], model.Input.Mean);
    }

    [Fact]
    public async Task AVersionIsNeverOverwritten()
    {
        using var shades = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        var source = _folder.Write("digits.onnx", shades.Onnx);
        await ImportAsync(source);
        var before = File.GetLastWriteTimeUtc(Path.Combine(Models, "digits", "1", "model.onnx"));

        var rejected = await ImportAsync(source, "--version", "1");
        var next = await ImportAsync(source);

        Assert.Equal((1, 0), (rejected.ExitCode, next.ExitCode));
        Assert.Contains("never overwritten", rejected.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(Models, "digits", "1", "model.onnx")));
        Assert.True(File.Exists(Path.Combine(Models, "digits", "2", "model.onnx")));
    }

    [Fact]
    public async Task NothingIsLeftOfAModelThatIsRejected()
    {
        var source = _folder.Write("broken.onnx", "not a model");

        var run = await ImportAsync(source);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{source}: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Models, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Models));
    }

    [Fact]
    public async Task AnOwnManifestKeepsWhatItSays()
    {
        using var shades = new ShadeModel(1, RecipeCatalog.Find("mnist")!.Values);
        _folder.Write("maker/model.onnx", shades.Onnx);
        _folder.Write("maker/model.json", """
            { "description": "shades of \"grey\"", "input": { "mean": [0.1307], "std": [0.3081] },
              "calibration": { "temperature": 1.5 }, "training": { "seed": 7 } }
            """);

        var run = await ImportAsync(_folder.PathOf("maker"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var model = Load("maker", "1");
        Assert.Equal("shades of \"grey\"", model.Manifest.Description);
        Assert.Equal(1.5f, model.CalibratedTemperature);
        Assert.Equal(7, model.Manifest.Training!.Value.GetProperty("seed").GetInt32());
        Assert.Equal([0.3081f], model.Input.Std);
    }

    [Fact]
    public async Task WhatTheImagesDoNotDecideStaysAssumedAndTheTableShowsWhy()
    {
        using var shades = new ShadeModel(3, RecipeCatalog.Find("cifar10")!.Values);
        var source = _folder.Write("colours.onnx", shades.Onnx);

        var run = await ImportAsync(source, "--data", shades.WriteImages(50));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("behind the first", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"Not\s+sure", run.Output);
        using var model = Load("colours", "1");
        Assert.Equal("assumed", model.Sources["input.mean"]);
    }

    private Task<CommandRun> ImportAsync(string source, params string[] options) =>
        CommandRun.OfAsync(["import", source, "--models", Models, .. options]);

    private ClassifierModel Load(string name, string version) =>
        ClassifierModel.Load(Path.Combine(Models, name, version), name, version, new ModelSettings());
}
