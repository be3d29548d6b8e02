using System.Text.Json.Nodes;
using SoftmaxService.Cli.Tests.Commands;
using SoftmaxService.Inference.Arrays;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Models;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Cli.Tests.Verification;

/// <summary>
/// A model of random weights, the photograph, and the tensors that the pipelines of makers make of it: Pillow and numpy
/// computed them, by the <c>make.py</c> of the folder References.
/// </summary>
internal sealed class MakersTensors : IDisposable
{
    public const int Side = 48;
    public const int GraySide = 28;
    public const int ClassCount = 10;

    private static readonly Dictionary<string, NumpyArray> Tensors = ReadAll();

    private readonly ModelFolder _models = new();
    private readonly TemporaryFolder _folder = new();

    public static string Image => Repository.PathOf("tests/Inference.Tests/Imaging/References/odd.jpg");

    public string ModelPath => Path.Combine(_models.Path, "model", "1");

    public static NumpyArray Of(string recipe) => Tensors[recipe];

    /// <summary>Writes the model with a manifest whose <c>input</c> is this.</summary>
    public MakersTensors With(string input, byte[]? onnx = null)
    {
        _models.With("model/1", onnx ?? Random(3, Side, seed: 1), $$"""{ "input": {{input}} }""");
        return this;
    }

    /// <summary>Writes an array as a .npy file.</summary>
    public string Write(string name, NumpyArray array) => _folder.Write($"{name}.npy", NpyFormat.Write(array));

    public string Write(string name, float[] values, params int[] shape) =>
        Write(name, NumpyArray.OfFloats(values, shape));

    public string WriteArchive(string name, params (string Name, NumpyArray Array)[] arrays)
    {
        var stream = new MemoryStream();
        NpzFormat.Write(stream, arrays.Select(array => KeyValuePair.Create(array.Name, array.Array)));
        return _folder.Write(name, stream.ToArray());
    }

    /// <summary>Writes the maker's tensor.</summary>
    public string WriteTensor(string recipe) => Write(recipe, Of(recipe));

    /// <summary>Writes what the model, which is linear, makes of the maker's tensor.</summary>
    public string WriteScores(string recipe, int seed = 1) => Write("logits", Scores(recipe, seed), 1, ClassCount);

    public static float[] Scores(string recipe, int seed = 1)
    {
        var tensor = Of(recipe).ToFloats();
        var weights = Weights(tensor.Length, seed);
        return
        [
            .. Enumerable.Range(0, ClassCount)
                .Select(k => (float)tensor.Select((value, i) => (double)value * weights[(i * ClassCount) + k]).Sum()),
        ];
    }

    public Task<CommandRun> VerifyAsync(params string[] arguments) =>
        CommandRun.OfAsync(["verify", ModelPath, "--image", Image, .. arguments]);

    public async Task<(int Code, JsonNode Found)> VerifyJsonAsync(params string[] arguments)
    {
        var run = await VerifyAsync([.. arguments, "--json"]);
        return (run.ExitCode, JsonNode.Parse(run.Output.Length > 0 ? run.Output : "{}")!);
    }

    /// <summary>States in the manifest what the command says.</summary>
    public void Follow(JsonNode found)
    {
        var path = Path.Combine(ModelPath, "model.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        foreach (var (name, value) in found["better"]!["manifest"]!["input"]!.AsObject())
        {
            manifest["input"]![name] = value!.DeepClone();
        }

        foreach (var change in found["better"]!["changes"]!.AsArray().Where(one => (string?)one!["better"] == "null"))
        {
            manifest["input"]!.AsObject().Remove(((string)change!["field"]!)["input.".Length..]);
        }

        File.WriteAllText(path, manifest.ToJsonString());
    }

    /// <summary>A linear classifier, whose scores depend on every element of its input.</summary>
    public static byte[] Random(int channels, int side, int seed, bool isChannelsLast = false)
    {
        var count = channels * side * side;
        var graph = new OnnxGraphBuilder("random");
        var image = isChannelsLast
            ? graph.Input("image", DataType.Float, "batch", side, side, channels)
            : graph.Input("image", DataType.Float, "batch", channels, side, side);
        var flat = graph.Node("Reshape", [image, graph.Initializer<long>("shape", [-1, count], 2)], "flat");
        graph.Node(
            "MatMul", [flat, graph.Initializer("weights", Weights(count, seed), count, ClassCount)], "scores");
        graph.Output("scores", DataType.Float, "batch", ClassCount);
        return graph.ToByteArray();
    }

    public void Dispose()
    {
        _models.Dispose();
        _folder.Dispose();
    }

    private static float[] Weights(int count, int seed)
    {
        var random = new Random(seed);
        var scale = 2 / MathF.Sqrt(count);
        return [.. Enumerable.Range(0, count * ClassCount).Select(_ => scale * ((2 * random.NextSingle()) - 1))];
    }

    private static Dictionary<string, NumpyArray> ReadAll()
    {
        using var file = File.OpenRead(Repository.PathOf("tests/Cli.Tests/Verification/References/tensors.npz"));
        return NpzFormat.Read(file).ToDictionary(array => array.Key, array => array.Value);
    }
}
