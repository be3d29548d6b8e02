using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Which file of a version's folder is the model.</summary>
public sealed class ModelFileTests
{
    private static readonly byte[] Onnx = ColorModels.Ending(
        graph => graph.Node("Softmax", ["z"], "scores", ("axis", -1L)), gain: 1f);

    [Theory]
    [InlineData("net.onnx")]
    [InlineData("Net v2.ONNX")]
    public void Load_OneOnnxFileOfAnotherName_IsServed(string name)
    {
        using var folder = Folder((name, Onnx), ("labels.txt", "red\nblue\n"u8.ToArray()), (".hidden.onnx", [1]));

        Assert.Equal(Math.E / (Math.E + 3), ProbabilityOfRed(folder), 1e-6);
        Assert.Equal(name, ClassifierModel.FindOnnxFile(Path.Combine(folder.Path, "a", "1")));
    }

    [Fact]
    public void Load_ModelOnnxBesideOthers_IsServed()
    {
        using var folder = Folder(("model.onnx", Onnx), ("a.onnx", [1]), ("model.ort", [1]));

        Assert.Equal(Math.E / (Math.E + 3), ProbabilityOfRed(folder), 1e-6);
    }

    [Fact]
    public void Load_SeveralOnnxFilesOfOtherNames_ListsThem()
    {
        using var folder = Folder(("b.onnx", Onnx), ("a.onnx", Onnx), ("model.ort", [1]));

        Assert.StartsWith(
            "the folder holds no model.onnx, but 2 other models: a.onnx, b.onnx; say which one to serve in model.json, "
            + "as in \"file\": \"a.onnx\"",
            folder.Rejection(),
            StringComparison.Ordinal);
        Assert.Null(ClassifierModel.FindOnnxFile(Path.Combine(folder.Path, "a", "1")));
    }

    [Fact]
    public void Load_FileInOnnxRuntimesOwnFormat_IsServed()
    {
        using var folder = Folder(("model.ort", Converted()));

        Assert.Equal(Math.E / (Math.E + 3), ProbabilityOfRed(folder), 1e-6);
        Assert.Empty(GraphOutlineReader.Read(new MemoryStream(Converted())).Nodes);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(0, 100)]
    [InlineData(8, 0)]
    public void Load_DamagedFileInOnnxRuntimesOwnFormat_IsRejected(int skipped, int kept)
    {
        var bytes = Converted();
        using var folder = Folder(("model.ort", bytes[skipped..(kept == 0 ? bytes.Length : kept)]));

        Assert.Contains("model.ort: ONNX Runtime cannot load it", folder.Rejection(), StringComparison.Ordinal);
    }

    private static double ProbabilityOfRed(ModelFolder folder)
    {
        using var repository = folder.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        return ImageClassifier
            .Classify(repository.Current.Find("a", null), ColorModels.Red, new ClassificationOptions())
            .Predictions.Single(one => one.Index == 0)
            .Probability;
    }

    private static ModelFolder Folder(params (string Name, byte[] Bytes)[] files)
    {
        var folder = new ModelFolder();
        var version = Directory.CreateDirectory(Path.Combine(folder.Path, "a", "1")).FullName;
        foreach (var (name, bytes) in files)
        {
            File.WriteAllBytes(Path.Combine(version, name), bytes);
        }

        return folder;
    }

    /// <summary>The model as ONNX Runtime saves it.</summary>
    private static byte[] Converted()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model.ort");
        using var options = new SessionOptions { OptimizedModelFilePath = path };
        options.AddSessionConfigEntry("session.save_model_format", "ORT");
        using (new InferenceSession(Onnx, options))
        {
        }

        return File.ReadAllBytes(path);
    }
}
