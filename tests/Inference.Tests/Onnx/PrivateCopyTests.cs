using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Onnx;

public sealed class PrivateCopyTests
{
    private const int ElementCount = 4096;

    [Fact]
    public void Load_ExternalDataThatIsRewrittenAndCutShort_ServesWhatItHeld()
    {
        using var folder = new ModelFolder().With("a/1", WithExternalData("data/weights.bin"));
        var weights = Path.Combine(folder.Path, "a", "1", "data", "weights.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(weights)!);
        File.WriteAllBytes(weights, MemoryMarshal.AsBytes<float>(Enumerable.Repeat(1f, ElementCount).ToArray()));
        using var repository = folder.Load();
        using var lease = repository.Acquire("a", null);
        Assert.Equal(1f, Logit(lease.Model));

        using (var file = File.OpenWrite(weights))
        {
            file.Write(MemoryMarshal.AsBytes<float>(Enumerable.Repeat(2f, ElementCount).ToArray()));
        }

        Assert.Equal(1f, Logit(lease.Model));
        File.WriteAllBytes(weights, []); // reading a truncated mapping would crash the process
        Assert.Equal(1f, Logit(lease.Model));
    }

    [Fact]
    public void Load_ExternalDataThatIsMissing_IsRejectedInTermsOfTheFolder()
    {
        using var folder = new ModelFolder().With("a/1", WithExternalData("weights.bin"));

        Assert.Contains("weights.bin", folder.Rejection(), StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), folder.Rejection(), StringComparison.Ordinal);
    }

    private static float Logit(ClassifierModel model) =>
        ImageClassifier.Classify(
            model, EncodedImages.Encode(64, 64, (_, _) => SkiaSharp.SKColors.Black),
            new ClassificationOptions()).Predictions[0].Logit;

    /// <summary>Adds weights from a file to a black input.</summary>
    private static byte[] WithExternalData(string location)
    {
        var graph = new OnnxGraphBuilder("external");
        var input = graph.Input("image", DataType.Float, 1, ElementCount);
        graph.Node("Add", [input, graph.Initializer("weights", new float[ElementCount], 1, ElementCount)], "scores");
        graph.Output("scores", DataType.Float, 1, ElementCount);
        var model = graph.ToModel();
        var tensor = Assert.Single(model.Graph.Initializer);
        tensor.ClearRawData();
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        return model.ToByteArray();
    }
}
