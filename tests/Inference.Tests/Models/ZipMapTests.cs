using Google.Protobuf;
using Onnx;
using AttributeType = Onnx.AttributeProto.Types.AttributeType;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// Graphs whose scores are maps from a class to its probability, as Custom Vision and exporters of classical learners
/// write them.
/// </summary>
public sealed class ZipMapTests
{
    private static readonly string[] Names = ["red", "green", "blue", "other"];

    [Fact]
    public void Classify_MapsWithNames_AnswersWithThem()
    {
        var onnx = WithMaps(Strings(Names), DataType.String);

        var answer = ColorModels.ClassifyRed(onnx);

        Assert.Equal("red", answer.Predictions[0].Label);
        Assert.Equal(Math.E / (Math.E + 3), answer.Predictions[0].Probability, 1e-6);
        Assert.Equal(Names, ColorModels.Ask(onnx, null, model => model.Labels));
        Assert.Equal("p", ColorModels.Ask(onnx, null, model => model.GraphOutput.Name));
        Assert.Equal("the graph's ZipMap", ColorModels.Ask(onnx, null, model => model.Sources["labels"]));
    }

    [Fact]
    public void Classify_MapsWithNumbers_AnswersWithThem()
    {
        var keys = new AttributeProto
        {
            Name = "classlabels_int64s",
            Type = AttributeType.Ints,
            Ints = { 3, 5, -8, 13 },
        };
        var onnx = WithMaps(keys, DataType.Int64);

        Assert.Equal(["3", "5", "-8", "13"], ColorModels.Ask(onnx, null, model => model.Labels));
        Assert.Equal(Math.E / (Math.E + 3), ColorModels.ProbabilityOfRed(onnx), 1e-6);
    }

    [Theory]
    [InlineData("red\ngreen\nblue\nother\n", null, false)]
    [InlineData("red\nblue\ngreen\nother\n", null, true)]
    [InlineData("red\nblue\ngreen\nother\n", """{"labels": ["a", "b", "c", "d"]}""", false)]
    public void Load_OtherNamesInAFile_WarnsUnlessTheOwnerSettlesIt(string file, string? manifest, bool warns)
    {
        using var folder = new ModelFolder().With("a/1", WithMaps(Strings(Names), DataType.String), manifest);
        File.WriteAllText(Path.Combine(folder.Path, "a", "1", "labels.txt"), file);
        using var repository = folder.Load();

        var warnings = repository.Current.Models[0].Warnings;

        Assert.Equal(warns, warnings.Contains(
            "labels.txt says class 1 is 'blue', but the graph's ZipMap says 'green'; 2 of 4 classes differ: the first "
            + "is used. If it is wrong, set \"labels\" of model.json."));
        Assert.Equal(warns, warnings.Any(warning => warning.Contains("ZipMap", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("loss")]
    [InlineData("p")]
    public void Load_ManifestWithLabelsAndTheMapsName_TakesThem(string output)
    {
        var manifest = $$"""{"labels": ["a", "b", "c", "d"], "output": {"name": "{{output}}"} }""";
        var onnx = WithMaps(Strings(Names), DataType.String);

        Assert.Equal(["a", "b", "c", "d"], ColorModels.Ask(onnx, manifest, model => model.Labels));
        Assert.Equal(Math.E / (Math.E + 3), ColorModels.ProbabilityOfRed(onnx, manifest), 1e-6);
    }

    [Fact]
    public void Classify_FloatsThatAreAnOutputAlready_Answers()
    {
        var model = ModelProto.Parser.ParseFrom(WithMaps(Strings(Names), DataType.String));
        model.Graph.Output.Insert(
            0, new ValueInfoProto { Name = "p", Type = Tensor(DataType.Float) });

        Assert.Equal(Math.E / (Math.E + 3), ColorModels.ProbabilityOfRed(model.ToByteArray()), 1e-6);
    }

    [Fact]
    public void Classify_ReadOnlyFile_Answers()
    {
        using var folder = new ModelFolder().With("a/1", WithMaps(Strings(Names), DataType.String));
        new FileInfo(Path.Combine(folder.Path, "a", "1", "model.onnx")).IsReadOnly = true;
        using var repository = folder.Load();

        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        Assert.Equal(["label", "loss", "p"], repository.Current.Models[0].GraphOutputs.Select(output => output.Name));
    }

    [Fact]
    public async Task ClassifyTensors_MapAsAnOutput_IsRejectedAndOthersAreGiven()
    {
        using var folder = new ModelFolder().With("a/1", WithMaps(Strings(Names), DataType.String));
        using var repository = folder.Load();

        var answer = await TensorClassifier.ClassifyAsync(
            repository.Current.Find("a", null),
            new TensorRequest { Images = [ColorModels.Red, ColorModels.Red], Count = 2, GraphOutputs = ["label", "p"] },
            CancellationToken.None);

        Assert.Equal([2], answer.GraphOutputs[0].Shape);
        Assert.Equal([2, 4], answer.GraphOutputs[1].Shape);
        await Assert.ThrowsAsync<Faults.InferenceException>(() => TensorClassifier.ClassifyAsync(
            repository.Current.Find("a", null),
            new TensorRequest { Images = [ColorModels.Red], Count = 1, GraphOutputs = ["loss"] },
            CancellationToken.None));
    }

    [Fact]
    public void Load_KeysOfAnotherNumber_IsRejectedByTheRuntime() =>
        Assert.NotEmpty(ColorModels.Rejection(WithMaps(Strings(["red", "green"]), DataType.String)));

    /// <summary>A softmax "p" with gain 1, the class's index, and a ZipMap of the softmax.</summary>
    private static byte[] WithMaps(AttributeProto keys, DataType keyType)
    {
        var graph = ColorModels.Start(4, gain: 1f);
        graph.Node("Softmax", ["z"], "p", ("axis", -1L));
        graph.Node("ArgMax", ["p"], "label", ("axis", -1L), ("keepdims", 0L));
        graph.Output("label", DataType.Int64, "batch");
        var model = graph.ToModel();
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 2 });
        model.Graph.Node.Add(new NodeProto
        {
            OpType = "ZipMap",
            Domain = "ai.onnx.ml",
            Input = { "p" },
            Output = { "loss" },
            Attribute = { keys },
        });
        var map = new TypeProto
        {
            MapType = new TypeProto.Types.Map { KeyType = (int)keyType, ValueType = Tensor(DataType.Float) },
        };
        model.Graph.Output.Add(new ValueInfoProto
        {
            Name = "loss",
            Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = map } },
        });
        return model.ToByteArray();
    }

    private static AttributeProto Strings(string[] keys) => new()
    {
        Name = "classlabels_strings",
        Type = AttributeType.Strings,
        Strings = { keys.Select(ByteString.CopyFromUtf8) },
    };

    private static TypeProto Tensor(DataType type) =>
        new() { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } };
}
