using Google.Protobuf;
using Onnx;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;

namespace SoftmaxService.Inference.Tests.Models.Statements;

/// <summary>
/// Makers' files that state different values: one is used, and a warning names both. It goes once the owner states it.
/// </summary>
public sealed class ContradictionTests : IDisposable
{
    private const string Preprocessor = "preprocessor_config.json";

    private const string Half = """
        {
          "image_processor_type": "ViTImageProcessor", "size": { "height": 64, "width": 64 },
          "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]
        }
        """;

    private const string Timm = """
        {
          "pretrained_cfg": {
            "input_size": [3, 64, 64], "interpolation": "bilinear", "crop_pct": 1.0, "crop_mode": "squash",
            "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]
          }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TwoMeansAreAWarningThatNamesBothAndWhichIsUsed()
    {
        _folder.Write($"1/{Preprocessor}", Half);
        _folder.Write("1/config.json", Timm);

        using var model = Load();

        Assert.Equal([0.5f, 0.5f, 0.5f], model.Input.Mean);
        Assert.Equal(
            "preprocessor_config.json: image_mean says mean 0.5 and std 0.5, but config.json: pretrained_cfg.mean says "
            + "mean 0.485, 0.456, 0.406 and std 0.229, 0.224, 0.225: the first is used. If it is wrong, set \"scale\", "
            + "\"mean\" and \"std\" in input of model.json.",
            Assert.Single(Contradictions(model)));
    }

    [Theory]
    [InlineData("""{ "input": { "mean": [0.5] } }""")]
    [InlineData("""{ "input": { "standardize": true } }""")]
    public void TheOwnersOwnMeanSettlesIt(string manifest)
    {
        _folder.Write($"1/{Preprocessor}", Half);
        _folder.Write("1/config.json", Timm);

        using var model = Load(manifest);

        Assert.Empty(Contradictions(model));
    }

    [Theory]
    [InlineData("\"mean\": [0.485, 0.456, 0.406], \"std\": [0.229, 0.224, 0.225]", 0)]
    [InlineData("\"mean\": [0.48500001, 0.456, 0.4059999], \"std\": [0.229, 0.224, 0.225]", 0)]
    [InlineData("\"mean\": [0.488, 0.456, 0.406], \"std\": [0.229, 0.224, 0.225]", 1)]
    [InlineData("\"mean\": [0.485, 0.456, 0.406], \"std\": [0.2295, 0.224, 0.225]", 0)]
    [InlineData("\"mean\": [0.485, 0.456, 0.406], \"std\": [0.24, 0.224, 0.225]", 1)]
    public void NumbersThatMeanTheSameAreNoContradiction(string numbers, int warnings)
    {
        _folder.Write(
            $"1/{Preprocessor}",
            """
            {
              "image_processor_type": "ViTImageProcessor", "size": { "height": 64, "width": 64 }, "rescale_factor": 1,
              "image_mean": [123.675, 116.28, 103.53], "image_std": [58.395, 57.12, 57.375]
            }
            """);
        _folder.Write(
            "1/config.json",
            $$"""
            {
              "pretrained_cfg": {
                "input_size": [3, 64, 64], "interpolation": "bilinear", "crop_pct": 1.0, "crop_mode": "squash",
                {{numbers}}
              }
            }
            """);

        using var model = Load();

        Assert.Equal(warnings, Contradictions(model).Length);
    }

    /// <summary>Another size, filter, crop and mean: a line for each group of fields.</summary>
    [Fact]
    public void AFileForAnotherExportIsOneWarningForFieldsThatBelongTogether()
    {
        _folder.Write($"1/{Preprocessor}", Half);
        _folder.Write("1/config.json", Timm
            .Replace("64, 64", "96, 96", StringComparison.Ordinal)
            .Replace("bilinear", "bicubic", StringComparison.Ordinal)
            .Replace("squash", "center", StringComparison.Ordinal)
            .Replace("1.0", "0.5", StringComparison.Ordinal));

        using var model = Load();

        Assert.Collection(
            Contradictions(model),
            warning => Assert.StartsWith("preprocessor_config.json: image_mean says", warning, Ordinal),
            warning => Assert.StartsWith(
                "preprocessor_config.json: size says the whole image, stretched, but config.json: "
                + "pretrained_cfg.crop_pct says the centre after resizing to 192: the first is used.",
                warning,
                Ordinal),
            warning => Assert.StartsWith(
                "preprocessor_config.json: image_processor_type ViT, default resample says bilinear, but config.json: "
                + "pretrained_cfg.interpolation says bicubic: the first is used.",
                warning,
                Ordinal));
    }

    [Theory]
    [InlineData("""{ "input": { "resize": "fit" } }""", "resample", "image_mean")]
    [InlineData("""{ "input": { "filter": "box" } }""", "size", "image_mean")]
    [InlineData("""{ "input": { "filter": "box", "resize": "fit", "scale": 1 } }""")]
    public void TheOwnerSettlesWhatHeStates(string manifest, params string[] left)
    {
        AFileForAnotherExportIsOneWarningForFieldsThatBelongTogether();

        using var model = Load(manifest);

        Assert.Equal(left.Length, Contradictions(model).Length);
        Assert.All(left, field => Assert.Single(
            Contradictions(model), warning => warning.Contains($"{field} says", Ordinal)));
    }

    /// <summary>The same share of the image, for another size.</summary>
    [Fact]
    public void TheSameCropOfAnotherSizeIsNoContradiction()
    {
        _folder.Write(
            $"1/{Preprocessor}",
            """
            {
              "image_processor_type": "ConvNextImageProcessor", "size": { "shortest_edge": 64 }, "crop_pct": 0.875,
              "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 2
            }
            """);
        _folder.Write("1/config.json", Timm
            .Replace("64, 64", "96, 96", StringComparison.Ordinal)
            .Replace("squash", "center", StringComparison.Ordinal)
            .Replace("1.0", "0.875", StringComparison.Ordinal));

        using var model = Load();

        Assert.Empty(Contradictions(model));
    }

    /// <summary>timm's defaults stand in no file.</summary>
    [Fact]
    public void ADefaultContradictsNothing()
    {
        _folder.Write($"1/{Preprocessor}", Half);
        _folder.Write(
            "1/config.json", """{ "pretrained_cfg": { "input_size": [3, 64, 64], "interpolation": "bilinear" } }""");

        using var model = Load();

        Assert.Single(Contradictions(model), warning => warning.Contains("size says the whole image", Ordinal));
    }

    [Fact]
    public void TwoSizesAreAWarningWhereTheGraphHasNone()
    {
        _folder.Write($"1/{Preprocessor}", Half);
        _folder.Write("1/config.json", """{ "image_size": 96, "num_channels": 3 }""");

        using var model = Load(shape: ["batch", 3, "h", "w"]);

        Assert.Equal(64, model.Input.Height);
        Assert.StartsWith(
            "preprocessor_config.json: size says 64 × 64 pixels, but config.json: image_size says 96 × 96 pixels",
            Assert.Single(Contradictions(model)),
            Ordinal);
        using var own = Load("""{ "input": { "height": 64 } }""", ["batch", 3, "h", "w"]);
        Assert.Empty(Contradictions(own));
    }

    [Fact]
    public void TheGraphsOwnSizeSettlesIt()
    {
        _folder.Write($"1/{Preprocessor}", Half);
        _folder.Write("1/config.json", """{ "image_size": 96, "num_channels": 3 }""");

        using var model = Load();

        Assert.Empty(Contradictions(model));
    }

    [Fact]
    public void MetadataAgainstAFileIsAWarning()
    {
        _folder.Write($"1/{Preprocessor}", Half);
        (string, string)[] metadata =
        [
            ("task", "classify"), ("names", "{0: 'cat', 1: 'dog', 2: 'bird'}"), ("imgsz", "[64, 64]"),
            ("Image.BitmapPixelFormat", "Bgr8"),
        ];
        _folder.Write("1/labels.txt", "cat\nbird\ndog\n");

        using var model = Load(metadata: metadata);

        Assert.Equal(["cat", "dog", "bird"], model.Labels);
        Assert.Collection(
            Contradictions(model),
            warning => Assert.StartsWith(
                "preprocessor_config.json: image_mean says mean 0.5 and std 0.5, but graph metadata: task says mean 0 "
                + "and std 1",
                warning,
                Ordinal),
            warning => Assert.Equal(
                "preprocessor_config.json: image_processor_type says RGB, but graph metadata: Image.BitmapPixelFormat "
                + "says BGR: the first is used. If it is wrong, set \"color\" in input of model.json.",
                warning),
            warning => Assert.StartsWith("preprocessor_config.json: size says the whole image", warning, Ordinal),
            warning => Assert.Equal(
                "graph metadata: names says class 1 is 'dog', but labels.txt says 'bird'; 2 of 3 classes differ: the "
                + "first is used. If it is wrong, set \"labels\" of model.json.",
                warning));
        using var own = Load(
            """{ "labels": ["a", "b", "c"], "input": { "color": "rgb", "resize": "fit", "mean": [0] } }""",
            metadata: metadata);
        Assert.Empty(own.Warnings);
    }

    [Fact]
    public void SeveralFilesAgainstOneAreOneWarning()
    {
        _folder.Write("1/config.json", """{ "id2label": { "0": "cat", "1": "dog", "2": "bird" } }""");
        _folder.Write("1/labels.txt", "dog\ncat\nbird\n");
        _folder.Write("1/classes.json", """["bird", "cat", "dog"]""");
        _folder.Write("1/class_names.json", """["cat", "dog", "bird"]""");

        using var model = Load();

        Assert.StartsWith(
            "config.json: id2label says class 0 is 'cat', but labels.txt says 'dog'; 2 of 3 classes differ, and "
            + "classes.json says 'bird'; 3 of 3 classes differ: the first is used.",
            Assert.Single(Contradictions(model)),
            Ordinal);
    }

    [Theory]
    [InlineData("""{ "cat": 0, "dog": 1, "bird": 2 }""", null)]
    [InlineData("""{ "cat": "0", "dog": "1", "bird": "2" }""", null)]
    [InlineData("""{ "LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2 }""", null)]
    [InlineData("""{ "LABEL_0": 0, "LABEL_1": 1 }""", null)]
    [InlineData("""{ "cat": 0, "bird": 2 }""", null)]
    [InlineData("""{ "dog": 0, "cat": 1, "bird": 2 }""", "class 0 is 'cat', but config.json: label2id says 'dog'")]
    [InlineData(
        """{ "cat": 0, "dog": 1, "bird": 2, "cow": 3 }""",
        "config.json: label2id has 4 names, but the model 3 outputs; it is not used")]
    [InlineData("""{ "cat": 0, "dog": 1, "bird": 3 }""", "config.json, line 1: label2id has 3 names, but none with")]
    public void TheTwoMapsOfAConfigurationAreCompared(string label2Id, string? warning)
    {
        _folder.Write(
            "1/config.json",
            $$"""{ "id2label": { "0": "cat", "1": "dog", "2": "bird" }, "label2id": {{label2Id}} }""");

        using var model = Load();

        Assert.Equal(["cat", "dog", "bird"], model.Labels);
        string[] found = [.. model.Warnings.Where(one => one.Contains("label2id", Ordinal))];
        Assert.Equal(warning is null ? 0 : 1, found.Length);
        Assert.All(found, one => Assert.Contains(warning!, one, Ordinal)); // none without a warning
        using var own = Load("""{ "labels": ["a", "b", "c"] }""");
        Assert.DoesNotContain(own.Warnings, one => one.Contains("label2id", Ordinal));
    }

    [Fact]
    public void TwoClassesOfOneNameMakeNoContradiction()
    {
        _folder.Write(
            "1/config.json",
            """
            { "id2label": { "0": "crane", "1": "crane", "2": "bird" }, "label2id": { "crane": 1, "bird": 2 } }
            """);

        using var model = Load();

        Assert.Equal(["crane", "crane", "bird"], model.Labels);
        Assert.DoesNotContain(model.Warnings, warning => warning.Contains("label2id", Ordinal));
    }

    [Fact]
    public void ANameThatOnlyTheSecondMapHasIsTaken()
    {
        _folder.Write(
            "1/config.json",
            """
            {
              "id2label": { "0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2" },
              "label2id": { "cat": 0, "dog": 1, "bird": 2 }
            }
            """);

        using var model = Load();

        Assert.Equal(["cat", "dog", "bird"], model.Labels);
        Assert.Equal("config.json: label2id", model.Sources["labels"]);
    }

    [Theory]
    [InlineData("cat\r\ndog\r\nbird\r\n", null)]
    [InlineData("Cat\nDOG\n bird", null)]
    [InlineData("0\n1\n2\n", null)]
    [InlineData("class_0\nclass_1\nclass_2\n", null)]
    [InlineData("n01440764\nn01443537\nn01484850\n", null)]
    [InlineData("cat, Felis catus\ndog\nbird", null)]
    [InlineData("cat\ndog\ncow", "says class 2 is 'bird', but labels.txt says 'cow'; 1 of 3 classes differ")]
    [InlineData("cat\ndog", "labels.txt has 2 names, but the model 3 outputs")]
    public void OnlyOtherClassesContradict(string labels, string? warning)
    {
        _folder.Write("1/config.json", """{ "id2label": { "0": "cat", "1": "dog", "2": "bird" } }""");
        _folder.Write("1/labels.txt", labels);

        using var model = Load();

        string[] found = [.. model.Warnings.Where(one => one.Contains("labels.txt", Ordinal))];
        Assert.Equal(warning is null ? 0 : 1, found.Length);
        Assert.All(found, one => Assert.Contains(warning!, one, Ordinal)); // none without a warning
    }

    /// <summary>Letters and digits are classes by themselves.</summary>
    [Theory]
    [InlineData("""["A", "a", "B"]""", "a\nA\nB", 1)]
    [InlineData("""["1", "10", "2"]""", "1\n2\n10", 1)]
    [InlineData("""["+", "-", "_"]""", "-\n+\n_", 1)]
    [InlineData("""["apple, sick", "apple, well", "b"]""", "apple, well\napple, sick\nb", 1)]
    public void ClassesThatDifferByLittleAreTold(string first, string second, int warnings)
    {
        _folder.Write("1/class_names.json", first);
        _folder.Write("1/labels.txt", second);

        using var model = Load();

        Assert.Equal(warnings, Contradictions(model).Length);
    }

    private static StringComparison Ordinal => StringComparison.Ordinal;

    private static string[] Contradictions(ClassifierModel model) =>
        [.. model.Warnings.Where(warning => warning.Contains("the first is used.", Ordinal))];

    private ClassifierModel Load(
        string? manifest = null, OnnxDimension[]? shape = null, (string Key, string Value)[]? metadata = null)
    {
        var onnx = ModelProto.Parser.ParseFrom(
            ModelFolder.PickFirst(3, 3 * 64 * 64, shape ?? ["batch", 3, 64, 64]));
        onnx.MetadataProps.Add((metadata ?? []).Select(
            entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        _folder.Write("1/model.onnx", onnx.ToByteArray());
        File.Delete(_folder.PathOf("1/model.json"));
        if (manifest is not null)
        {
            _folder.Write("1/model.json", manifest);
        }

        return ClassifierModel.Load(_folder.PathOf("1"), "pick", "1", new ModelSettings());
    }
}
