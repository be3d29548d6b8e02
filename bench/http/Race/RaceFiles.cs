using System.Globalization;
using System.Runtime.InteropServices;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A temporary folder with the contenders' models, requests and replies.</summary>
internal sealed class RaceFiles : IDisposable
{
    public const int ClassCount = 1000;
    public const int BinaryRows = 64;

    private const string ZooModel = "models/mnist-zoo.onnx";

    private RaceFiles(string folder, string model, string modelNote)
    {
        (Folder, Model, ModelNote) = (folder, model, modelNote);
        Models = Path.Combine(folder, "models");
    }

    public string Folder { get; }

    /// <summary>The ONNX file that all contenders run; it is outside the folder.</summary>
    public string Model { get; }

    /// <summary>Which model that is, in words.</summary>
    public string ModelNote { get; }

    /// <summary>The service's model repository: the race's model and the shipped ones.</summary>
    public string Models { get; }

    public string JsonLogits => Path.Combine(Folder, "logits.json");

    public string BinaryLogits => Path.Combine(Folder, "logits.bin");

    public string ClassifyReply => Path.Combine(Folder, "classify-reply.json");

    public string SoftmaxReply => Path.Combine(Folder, "softmax-reply.json");

    /// <param name="model">The ONNX file, if one was given.</param>
    public static RaceFiles Create(string? model)
    {
        string[] folders =
        [
            .. Environment.GetEnvironmentVariable("SOFTMAX_DATA") is { Length: > 0 } data
                ? [data]
                : Array.Empty<string>(),
            Path.Combine(Checkout.Root, "..", "shared", "data"),
        ];
        var zooModel = folders.Select(folder => Path.Combine(folder, ZooModel)).FirstOrDefault(File.Exists);
        var (path, note) = (model ?? zooModel) is { } found
            ? (Path.GetFullPath(found), $"`{Path.GetFileName(found)}`")
            : (
                Checkout.Shipped("mnist/1"),
                "`models/mnist/1` without its manifest, because `mnist-zoo.onnx` of the ONNX Model Zoo is neither in "
                    + "`SOFTMAX_DATA` nor in `../shared/data`");
        var files = new RaceFiles(Directory.CreateTempSubdirectory("softmax-bench-http-").FullName, path, note);
        files.WriteModels();
        files.WriteLogits();
        return files;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void WriteModels()
    {
        foreach (var shipped in Directory.EnumerateFiles(
                Path.Combine(Checkout.Root, "models"),
                "*",
                SearchOption.AllDirectories))
        {
            Copy(shipped, Path.Combine(Models, Path.GetRelativePath(Path.Combine(Checkout.Root, "models"), shipped)));
        }

        Copy(Model, Path.Combine(Models, Contender.ModelName, "1", "model.onnx"));
    }

    private void WriteLogits()
    {
        var random = new Random(1);
        var logits = new float[BinaryRows * ClassCount];
        foreach (ref var logit in logits.AsSpan())
        {
            logit = (random.NextSingle() * 20) - 10;
        }

        File.WriteAllBytes(BinaryLogits, MemoryMarshal.AsBytes(logits.AsSpan()));
        var row = string.Join(
            ',',
            logits.Take(ClassCount).Select(logit => logit.ToString("R", CultureInfo.InvariantCulture)));

        // One ranked class gives our smallest answer.
        File.WriteAllText(JsonLogits, $"{{\"logits\":[{row}],\"topK\":1}}");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!); // A file has a folder.
        File.Copy(from, to);
    }
}
