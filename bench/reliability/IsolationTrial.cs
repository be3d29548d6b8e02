using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using SkiaSharp;
using SoftmaxService.Benchmarks;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Images;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// What decoding in processes of their own costs: CPU time of the service and its children per <c>/classify</c>, with
/// <c>Imaging:Isolation</c> as <c>none</c> and as <c>process</c>, in turns.
/// </summary>
internal static class IsolationTrial
{
    private const int Connections = 4;
    private const int Side = 224;

    private static readonly string[] Shipped = ["mnist", "cifar10"];

    public static async Task<int> RunAsync(Options options)
    {
        var (rounds, seconds) = ((int)options.Number("rounds", 7), options.Number("seconds", 3));
        using var models = new TemporaryFolder();
        SaveModels(models);
        await using var plain = await StartAsync(models, "none");
        await using var isolated = await StartAsync(models, "process");
        var table = new StringBuilder();
        foreach (var (name, file, mediaType, model) in Cases())
        {
            var (none, process) = (new List<double>(), new List<double>());
            for (var round = -2; round < rounds; round++) // two to warm up
            {
                var turn = (
                    await MeasureAsync(plain, model, file, mediaType, seconds),
                    await MeasureAsync(isolated, model, file, mediaType, seconds));
                if (round >= 0)
                {
                    none.Add(turn.Item1);
                    process.Add(turn.Item2);
                }
            }

            var (before, after) = (Medians.Of(none), Medians.Of(process));
            table.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {file.Length / 1000.0:F1} | `{model}` | {before:F0} | {after:F0} | "
                    + $"{after - before:F0} | {100 * ((after / before) - 1):+0.0;-0.0} % |");
            Console.Error.WriteLine(table.ToString().TrimEnd().Split('\n')[^1]);
        }

        var decoders = string.Join(
            ", ", isolated.ChildrenMegabytes.Select(one => one.ToString("F0", CultureInfo.InvariantCulture)));
        await Results.ShowAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                # Decoding in processes of their own

                {Results.Machine}. Written by `bench/reliability/run isolation --write`.

                Two services answer the same images on {Connections} connections, turn by turn: one with
                `Imaging:Isolation=none`, one with `process`. CPU is the user and system time of the service and its
                decoders per `/classify`; medians of {rounds} turns of {seconds} s. `photographs` and `every-pixel` are
                graphs that cost next to nothing, so that the whole request is the image's: the first lets a JPEG be
                decoded at a part of its size, the second has a recipe that needs every pixel.

                | image | KB | model | CPU µs, none | process | more | |
                |---|---|---|---|---|---|---|
                {table}
                Resident memory of each decoder in the end, in MB, including the code that they share with the service:
                {decoders}.
                """),
            "isolation.md",
            options.Write);
        return 0;
    }

    private static IEnumerable<(string Name, byte[] File, string MediaType, string Model)> Cases()
    {
        var seven = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "seven.png"));
        yield return ("PNG of 28 × 28", seven, "image/png", "mnist");
        yield return ("JPEG of 1 MP", Photograph(1224, 816), "image/jpeg", "cifar10");
        yield return ("JPEG of 1 MP", Photograph(1224, 816), "image/jpeg", "photographs");
        yield return ("JPEG of 4 MP", Photograph(2448, 1632), "image/jpeg", "photographs");
        yield return ("JPEG of 1 MP", Photograph(1224, 816), "image/jpeg", "every-pixel");
        yield return ("JPEG of 4 MP", Photograph(2448, 1632), "image/jpeg", "every-pixel");
    }

    /// <summary>Soft shapes and a sensor's noise, which compress as photographs do: 2 bits per pixel.</summary>
    private static byte[] Photograph(int width, int height)
    {
        var random = new Random(1);
        return EncodedImages.Encode(
            width,
            height,
            (x, y) => new SKColor(
                Level(90 * Math.Sin(x / 97.0) * Math.Cos(y / 61.0)),
                Level(80 * Math.Sin((x + y) / 143.0)),
                Level(70 * Math.Cos((x / 53.0) - (y / 211.0)))),
            SKEncodedImageFormat.Jpeg,
            85);

        byte Level(double shape) => (byte)Math.Clamp(128 + shape + random.Next(-12, 13), 0, 255);
    }

    private static void SaveModels(TemporaryFolder models)
    {
        foreach (var name in Shipped)
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Checkout.Root, "models", name, "1")))
            {
                models.Write($"{name}/1/{Path.GetFileName(file)}", File.ReadAllBytes(file));
            }
        }

        foreach (var name in (string[])["photographs", "every-pixel"])
        {
            var graph = new OnnxGraphBuilder(name);
            var x = graph.Input("image", DataType.Float, "batch", 3, Side, Side);
            x = graph.Node("Flatten", [graph.Node("GlobalAveragePool", [x], "mean")], "flat");
            x = graph.Node("MatMul", [x, graph.Initializer("weight", [1f, 0, 0, 0, 1, 0, 0, 0, 1], 3, 3)], "logits");
            graph.Output(x, DataType.Float, "batch", 3);
            models.Write($"{name}/1/model.onnx", graph.ToByteArray());
        }

        models.Write(
            "every-pixel/1/model.json",
            """{"input": {"resize": "crop", "resizeTo": 256, "filter": "bilinear", "antialias": true}}"""u8.ToArray());
    }

    private static Task<ServiceProcess> StartAsync(TemporaryFolder models, string isolation) =>
        ServiceProcess.StartAsync(
            processor: null, $"--Models:Folder={models.Path}", "--Models:Probe=false",
            $"--Imaging:Isolation={isolation}", "--Serilog:MinimumLevel:Default=Error");

    /// <summary>CPU time per request in microseconds.</summary>
    private static async Task<double> MeasureAsync(
        ServiceProcess service, string model, byte[] file, string mediaType, double seconds)
    {
        using var client = new HttpClient { BaseAddress = service.Address };
        var (start, end) = (service.CpuTimeWithChildren, DateTime.UtcNow.AddSeconds(seconds));
        var counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => PostAsync()));
        return (service.CpuTimeWithChildren - start).TotalMicroseconds / counts.Sum();

        async Task<int> PostAsync()
        {
            for (var count = 0; ; count++)
            {
                if (DateTime.UtcNow >= end)
                {
                    return count;
                }

                using var content = new ByteArrayContent(file);
                content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
                using var answer = await client.PostAsync(
                    new Uri($"/classify?model={model}", UriKind.Relative), content);
                answer.EnsureSuccessStatusCode();
            }
        }
    }
}
