using System.Text;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Tests.Support.Models;

/// <summary>A temporary model repository with small ONNX models, deleted after the test.</summary>
public sealed class ModelFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("softmax-models-").FullName;

    /// <summary>
    /// A linear model: the flattened input times weights. Class k's logit is the input's element k, so the answer is
    /// known in advance.
    /// </summary>
    public static byte[] PickFirst(int classCount, int elementCount, params ReadOnlySpan<OnnxDimension> inputShape)
    {
        var graph = new OnnxGraphBuilder("pick-first");
        var input = graph.Input("image", DataType.Float, inputShape);
        var flat = graph.Node("Reshape", [input, graph.Initializer<long>("shape", [-1, elementCount], 2)], "flat");
        graph.Node(
            "MatMul",
            [flat, graph.Initializer("weights", Selector(elementCount, classCount), elementCount, classCount)],
            "scores");
        graph.Output("scores", DataType.Float, "batch", classCount);
        return graph.ToByteArray();
    }

    public ModelFolder With(string relativePath, ReadOnlySpan<byte> onnx, string? manifest = null)
    {
        var folder = System.IO.Path.Combine(Path, relativePath);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(System.IO.Path.Combine(folder, ClassifierModel.OnnxFileName), onnx);
        if (manifest is not null)
        {
            File.WriteAllText(System.IO.Path.Combine(folder, ModelManifest.FileName), manifest, Encoding.UTF8);
        }

        return this;
    }

    public ModelRepository Load(string? defaultModel = null)
    {
        var repository = new ModelRepository(new RepositorySettings { Folder = Path, DefaultModel = defaultModel });
        repository.LoadAll();
        return repository;
    }

    /// <summary>The reason why the only model cannot be served.</summary>
    public string Rejection()
    {
        using var repository = Load();
        return Assert.Single(repository.Current.Failures).Reason;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static float[] Selector(int elementCount, int classCount)
    {
        var weights = new float[elementCount * classCount];
        for (var k = 0; k < classCount; k++)
        {
            weights[(k * classCount) + k] = 1f;
        }

        return weights;
    }
}
