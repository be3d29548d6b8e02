using System.Globalization;
using System.Runtime.InteropServices;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A temporary folder with what the contenders serve, are sent, and answer.</summary>
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

    /// <summary>The ONNX file that all contenders run, outside of the folder.</summary>
    public string Model { get; }

    /// <summary>Which model that is, in words.</summary>
    public string ModelNote { get; }

    /// <summary>The service's repository: the race's model, and those that ship.</summary>
    public string Models { get; }

    public string JsonLogits => Path.Combine(Folder, "logits.json");

    public string BinaryLogits => Path.Combine(Folder, "logits.bin");

    public string ClassifyReply => Path.Combine(Folder, "classify-reply.json");

    public string SoftmaxReply => Path.Combine(Folder, "softmax-reply.json");

    /// <param name="model">The ONNX file, where it was said.</param>
    public static RaceFiles Create(string? model)
    {
        string[] places =
        [
            .. Environment.GetEnvironmentVariable("SOFTMAX_DATA") is { Length: > 0 } data
                ? [data]
                : Array.Empty<string>(),
            Path.Combine(Checkout.Root, "..", "shared", "data"),
        ];
        var (path, note) = (model ?? places.Select(place => Path.Combine(place, ZooModel)).FirstOrDefault(File.Exists))
            is { } found
            ? (Path.GetFullPath(found), $"`{Path.GetFileName(found)}`")
            : (
                Checkout.Shipped("mnist/1"),
                "`models/mnist/1` without its manifest, since `mnist-zoo.onnx` of the ONNX Model Zoo is not at hand "
                    + "(neither below `SOFTMAX_DATA` nor `../shared/data`)");
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
        // one ranked class: the smallest answer that ours gives
        File.WriteAllText(JsonLogits, $"{{\"logits\":[{row}],\"topK\":1}}");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!); // a file is in a folder
        File.Copy(from, to);
    }
}
