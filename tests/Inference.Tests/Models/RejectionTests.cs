using System.Text;
using Google.Protobuf;
using Onnx;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// Files in the folder that cannot be served. Each rejection says what is wrong and what would be correct.
/// </summary>
public sealed class RejectionTests
{
    public static TheoryData<string, OnnxDimension[]> NoImages => new()
    {
        { "landmarks", [1, 21, 2] },
        { "window of sensors", [1, 6, 16] },
        { "window of sensors, open batch", ["batch", 128, 9] },
        { "four features", ["batch", 4] },
        { "twelve features", ["batch", 12] },
        { "four features alone", [4] },
        { "sequence", ["s", 30, 159] },
        { "signal in four axes", ["batch", 1, 1, 128] },
        { "signal of three channels in four axes", ["batch", 3, 1, 128] },
    };

    [Theory]
    [MemberData(nameof(NoImages))]
    public void Load_ShapeThatMayNotBeAnImage_IsRejectedUnlessDeclared(string what, OnnxDimension[] shape)
    {
        Assert.NotEmpty(what);
        var onnx = OfShape(shape);

        var rejection = ColorModels.Rejection(onnx);

        Assert.Contains("may be features or a signal instead of an image", rejection, StringComparison.Ordinal);
        var advice = rejection[
            rejection.IndexOf("\"input\"", StringComparison.Ordinal)..rejection.IndexOf(
                " in model.json",
                StringComparison.Ordinal)
        ];
        Assert.NotNull(ColorModels.Ask(onnx, $"{{{advice}}}", model => model.Input));
    }

    [Fact]
    public void Load_PlanesWithoutABatch_ErrorDoesNotMentionBatchAxis()
    {
        var onnx = OfShape(1, 28, 28);

        Assert.Equal("the graph takes a single image", ColorModels.Ask(onnx, null, model => model.BatchingRefusal));
    }

    [Fact]
    public void Load_OneClassMoreThanLabels_AsksAboutTheBackground()
    {
        var labels = $$"""{"labels": [{{string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"\"{i}\""))}}]}""";

        Assert.Contains(
            "is class 0 \"background\"?",
            ColorModels.Rejection(ColorModels.Ending(graph => graph.Node("Identity", ["z"], "scores"), 1001), labels),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latin1", "is not UTF-8;")]
    [InlineData("utf-16", "is not UTF-8 but UTF-16;")]
    [InlineData("utf-16BE", "is not UTF-8 but UTF-16;")]
    [InlineData("utf-32", "is not UTF-8 but UTF-32;")]
    public void Load_ManifestInAnotherEncoding_IsRejectedWithTheReason(string encoding, string expected)
    {
        using var folder = new ModelFolder().With("a/1", OfShape("batch", 3, 8, 8));
        File.WriteAllText(
            Path.Combine(folder.Path, "a", "1", ModelManifest.FileName), """{"description": "Äpfel"}""",
            Encoding.GetEncoding(encoding));

        Assert.Contains($"model.json {expected} save it as UTF-8", folder.Rejection(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.onnx", "belongs at x/1/model.onnx")]
    [InlineData("y.ort", "belongs at y/1/model.onnx")]
    [InlineData("a/notes.txt", "it has no version; a model belongs at a/1/model.onnx")]
    [InlineData("a/1/notes.pb", "the folder holds no model.onnx")]
    [InlineData("a/1/model.ort", "model.ort: ONNX Runtime cannot load it")]
    public void Load_ModelInTheWrongFolder_SaysWhereItBelongs(string path, string expected)
    {
        using var folder = new ModelFolder();
        var file = Path.Combine(folder.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, OfShape("batch", 3, 8, 8));

        Assert.Contains(expected, folder.Rejection(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "model.json is empty; delete it, or write {}")]
    [InlineData(" \n", "model.json is empty; delete it, or write {}")]
    [InlineData(
        "{\"labels\": [",
        "It is not valid JSON: it ends too early, or something does not belong there (line 1, byte 13)")]
    [InlineData(
        "{} garbage", "It is not valid JSON: it ends too early, or something does not belong there (line 1, byte 4)")]
    public void Load_ManifestThatIsNotJson_IsRejectedInOurWords(string manifest, string expected) =>
        Assert.Contains(expected, ColorModels.Rejection(OfShape("batch", 3, 8, 8), manifest), StringComparison.Ordinal);

    [Fact]
    public void Load_PointerOfGitLfs_SaysHowToFetch()
    {
        using var folder = new ModelFolder().With(
            "a/1", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"u8);

        Assert.Contains("git lfs pull", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NewerFormat_NamesBothVersions()
    {
        var onnx = OfShape("batch", 3, 8, 8);
        var model = ModelProto.Parser.ParseFrom(onnx);
        model.IrVersion = 99;
        Assert.Matches(
            "its IR version is 99, and ONNX Runtime [0-9.]+ reads up to [0-9]+;",
            ColorModels.Rejection(model.ToByteArray()));

        model = ModelProto.Parser.ParseFrom(onnx);
        model.OpsetImport[0].Version = 99;
        Assert.Matches(
            "it uses opset 99 of ai.onnx, and ONNX Runtime [0-9.]+ reads up to [0-9]+;",
            ColorModels.Rejection(model.ToByteArray()));
    }

    [Theory]
    [InlineData("", "it uses the operator Magic, which is not in opset 17")]
    [InlineData("com.acme", "it uses the operator Magic of the domain com.acme, which ONNX Runtime does not have")]
    public void Load_UnknownOperator_IsNamed(string domain, string expected)
    {
        var graph = ColorModels.Start(4);
        graph.Node("Magic", ["z"], "scores");
        graph.Output("scores", DataType.Float, "batch", 4);
        var model = graph.ToModel();
        model.Graph.Node[^1].Domain = domain;
        if (domain.Length > 0)
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        }

        Assert.Contains(expected, ColorModels.Rejection(model.ToByteArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights.bin")]
    [InlineData("data/weights.bin")]
    public void Load_ExternalDataThatIsMissing_NamesTheFileAsTheGraphDoes(string name)
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.WithExternalData(name).Onnx);
        File.WriteAllBytes(Path.Combine(folder.Path, "a", "1", "other.bin"), [1]);

        var rejection = folder.Rejection();

        Assert.Contains($"there is no file '{name}'", rejection, StringComparison.Ordinal);
        Assert.DoesNotContain("/tmp", rejection, StringComparison.Ordinal);
        Assert.DoesNotContain(".cc", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_RunThatFails_IsReportedWithoutSourcePaths()
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.Failing());
        using var repository = folder.Load();
        var image = EncodedImages.Encode(
            4, 4, (x, y) => x + y == 0 ? SkiaSharp.SKColors.White : SkiaSharp.SKColors.Black);

        var fault = Assert.Throws<InferenceException>(() =>
            ImageClassifier.Classify(repository.Current.Find("a", null), image, new ClassificationOptions()));

        Assert.StartsWith("The model fails on this input: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Gather", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"ErrorCode|\.cc|\.h:|onnxruntime::", fault.Message);
    }

    private static byte[] OfShape(params OnnxDimension[] shape)
    {
        // For every shape, class 0 has the first number as its logit and the other classes have 0.
        var graph = new OnnxGraphBuilder("shaped");
        var input = graph.Input("x", DataType.Float, shape);
        graph.Node("Flatten", [input], "flat", ("axis", shape.Length == 1 ? 0L : 1L));
        graph.Node("ReduceMean", ["flat"], "mean", ("axes", new long[] { 1 }), ("keepdims", 1L));
        graph.Node("MatMul", ["mean", graph.Initializer("weights", [1f, 2f, 4f], 1, 3)], "scores");
        graph.Output("scores", DataType.Float, "batch", 3);
        return graph.ToByteArray();
    }
}
