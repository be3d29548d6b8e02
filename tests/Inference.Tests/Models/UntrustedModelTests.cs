using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Untrusted models that try to read files outside their folder.</summary>
public sealed class UntrustedModelTests
{
    // ONNX Runtime takes this location for an address in memory, which would expose the process.
    private const string InMemory = "*/_ORT_MEM_ADDR_/*";

    [Theory]
    [InlineData("../secret.bin", "escapes model directory", "points outside the directory")]
    [InlineData("data/../../secret.bin", "escapes model directory", "points outside the directory")]
    [InlineData("/proc/self/environ", "Absolute path not allowed", "should be a relative path")]
    [InlineData(InMemory, "in-memory address")]
    [InlineData("..\0/secret.bin", "cannot load it")]
    public void Load_ExternalDataElsewhere_IsRejected(string location, params string[] reasons)
    {
        foreach (var owner in Enum.GetValues<TensorOwner>())
        {
            using var folder = Folder(Reading(location, owner));

            var rejection = folder.Rejection();
            Assert.True(
                reasons.Any(reason => rejection.Contains(reason, StringComparison.Ordinal)), $"{owner}: {rejection}");
        }
    }

    [Theory]
    [InlineData("weights.bin", "weights.bin", "../secret.bin")]
    [InlineData("weights.bin", "weights.bin", "../../a/./secret.bin")]
    [InlineData("data/secret.bin", "data", "..")]
    [InlineData("data/weights.bin", "data/weights.bin", "../../secret.bin")]
    public void Load_ExternalDataBehindALinkOut_IsRejected(string location, string link, string target)
    {
        using var folder = Folder(Reading(location, TensorOwner.Initializer));
        Link(folder, link, target);

        Assert.Contains(
            $"names {location} for its external data, which is a link out of the model's folder", folder.Rejection(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights.bin", "..data/weights.bin")] // a volume in Kubernetes
    [InlineData("weights.bin", "../1/..data/../..data/weights.bin")]
    public void Load_ExternalDataBehindALinkInside_IsRead(string link, string target)
    {
        using var folder = Folder(Reading("weights.bin", TensorOwner.Initializer));
        Directory.CreateDirectory(At(folder, "..first"));
        File.WriteAllBytes(At(folder, "..first/weights.bin"), Weights());
        Link(folder, "..data", "..first");
        Link(folder, link, target);
        using var repository = folder.Load();

        Assert.Empty(repository.Current.Failures);
    }

    [Fact]
    public void Load_ExternalDataInACircleOfLinks_IsRejected()
    {
        using var folder = Folder(Reading("weights.bin", TensorOwner.Initializer));
        Link(folder, "weights.bin", "other.bin");
        Link(folder, "other.bin", "weights.bin");

        Assert.NotEmpty(folder.Rejection());
    }

    [Theory]
    [InlineData("0", "999999999")]
    [InlineData("160", "192")]
    [InlineData("-192", "192")]
    [InlineData("9223372036854775807", "192")]
    public void Load_ExternalDataBeyondItsFile_IsRejected(string offset, string length)
    {
        using var folder = Folder(Reading("weights.bin", TensorOwner.Initializer, offset, length));
        File.WriteAllBytes(At(folder, "weights.bin"), Weights());

        Assert.Contains("cannot load it", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reliability_LinkOut_IsNone()
    {
        using var folder = Folder(SmallModels.EndingIn("LogSoftmax", "batch", 1, 4, 4));
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);
        Assert.Null(model.Reliability);
        Link(folder, "reliability.svg", "../secret.bin");
        Assert.Null(model.Reliability);

        File.Delete(At(folder, "reliability.svg"));
        Link(folder, "reliability.svg", "drawn.svg");
        Assert.Null(model.Reliability);
        File.WriteAllText(At(folder, "drawn.svg"), "<svg/>");
        Assert.NotNull(model.Reliability);
    }

    /// <summary>The part of the graph that holds the tensor.</summary>
    private enum TensorOwner
    {
        Initializer,
        Constant,
        Branch,
    }

    /// <summary>Version 1 of model <c>a</c>, with a file of the right size outside its folder.</summary>
    private static ModelFolder Folder(byte[] onnx)
    {
        var folder = new ModelFolder().With("a/1", onnx);
        File.WriteAllBytes(At(folder, "../secret.bin"), Weights());
        return folder;
    }

    private static string At(ModelFolder folder, string name) => Path.Combine(folder.Path, "a", "1", name);

    private static void Link(ModelFolder folder, string name, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(folder, name))!);
        File.CreateSymbolicLink(At(folder, name), target);
    }

    private static byte[] Weights() =>
        MemoryMarshal.AsBytes<float>(
            Enumerable.Repeat(1f, SmallModels.Pixels * SmallModels.Classes).ToArray()).ToArray();

    private static byte[] Reading(string location, TensorOwner owner, string offset = "0", string length = "192")
    {
        var model = ModelProto.Parser.ParseFrom(SmallModels.WithExternalData(location).Onnx);
        var weights = model.Graph.Initializer.Single(tensor => tensor.Name == "weights");
        weights.ExternalData.Single(entry => entry.Key == "offset").Value = offset;
        weights.ExternalData.Single(entry => entry.Key == "length").Value = length;
        var constant = new NodeProto
        {
            OpType = "Constant",
            Output = { "weights" },
            Attribute =
            {
                new AttributeProto
                {
                    Name = "value",
                    Type = AttributeProto.Types.AttributeType.Tensor,
                    T = weights,
                },
            },
        };
        switch (owner)
        {
            case TensorOwner.Constant:
                model.Graph.Initializer.Remove(weights);
                model.Graph.Node.Insert(0, constant);
                break;

            case TensorOwner.Branch:
                model.Graph.Initializer.Remove(weights);
                model.Graph.Initializer.Add(
                    new TensorProto
                    {
                        Name = "yes",
                        DataType = (int)TensorProto.Types.DataType.Bool,
                        Int32Data = { 1 },
                    });
                model.Graph.Node.Insert(
                    0,
                    new NodeProto
                    {
                        OpType = "If",
                        Input = { "yes" },
                        Output = { "weights" },
                        Attribute = { Branch("then_branch", weights), Branch("else_branch", weights) },
                    });
                break;
        }

        return model.ToByteArray();
    }

    private static AttributeProto Branch(string name, TensorProto weights)
    {
        var graph = new GraphProto { Name = name, Initializer = { weights } };
        graph.Output.Add(
            new ValueInfoProto
            {
                Name = weights.Name,
                Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = weights.DataType } },
            });
        return new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = graph };
    }
}
