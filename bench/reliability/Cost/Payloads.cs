using System.Globalization;
using System.IO.Compression;
using System.Net.Mime;
using System.Text;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>Bodies of requests, as large as the service takes them.</summary>
internal static class Payloads
{
    private const int Seed = 1;
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private static readonly byte[] Photograph = EncodedImages.Encode(900, 900, EncodedImages.Colorful);

    /// <summary>What is made for everybody, and not small.</summary>
    public static IReadOnlyList<string> Pages { get; } =
        ["/swagger/v1/swagger.json", "/models/mnist/1/reliability.svg"];

    /// <summary>Requests of the usual kinds.</summary>
    public static IEnumerable<HttpRequestMessage> WarmUp() =>
    [
        Target.Post("/classify?model=mnist", Photograph),
        Target.Post("/preprocess?model=cifar10", Photograph),
        Target.Post("/softmax", Logits(100, 10), MediaTypeNames.Application.Json),
        .. Pages.Select(page => new HttpRequestMessage(HttpMethod.Get, new Uri(page, UriKind.Relative))),
    ];

    /// <summary>Labelled logits, of which three rows in four are right.</summary>
    public static byte[] Calibration(int rows, int classes, int bins)
    {
        var random = new Random(Seed);
        var text = new StringBuilder("{\"logits\":[");
        for (var row = 0; row < rows; row++)
        {
            text.Append(row == 0 ? "[" : ",[");
            for (var column = 0; column < classes; column++)
            {
                var isRight = column == row % Math.Min(10, classes);
                text.Append(column == 0 ? "" : ",").Append((char)('0' + (isRight ? 9 : random.Next(3))));
            }

            text.Append(']');
        }

        text.Append("],\"labels\":[");
        for (var row = 0; row < rows; row++)
        {
            text.Append(row == 0 ? "" : ",").Append((row % 4 == 0 ? row + 1 : row) % Math.Min(10, classes));
        }

        return Encoding.ASCII.GetBytes(text.Append(Culture, $"],\"bins\":{bins}}}").ToString());
    }

    public static byte[] Logits(int rows, int classes) => Encoding.ASCII.GetBytes(
        $"{{\"logits\":[{Repeat($"[{Repeat("0", classes)}]", rows)}]}}");

    public static byte[] Gradients(int rows) => Encoding.ASCII.GetBytes(
        $"{{\"logits\":[{Repeat("[0,1]", rows)}],\"target\":[{Repeat("1", rows)}]}}");

    /// <summary>A tensor of zeros in JSON, which a few kilobytes of gzip hold.</summary>
    public static byte[] Tensor()
    {
        const int Items = 6000, Elements = 784;
        var json = $"{{\"inputs\":[{{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[{Items},1,28,28],"
            + $"\"data\":[{Repeat("0", Items * Elements)}]}}]}}";
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize))
        {
            gzip.Write(Encoding.ASCII.GetBytes(json));
        }

        return compressed.ToArray();
    }

    /// <summary>Encoded images for <c>/v2</c>.</summary>
    public static byte[] Images(int count)
    {
        var image = Convert.ToBase64String(EncodedImages.Encode(600, 600, EncodedImages.Colorful));
        return Encoding.ASCII.GetBytes(
            $"{{\"inputs\":[{{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[{count.ToString(Culture)}],"
                + $"\"data\":[{Repeat($"\"{image}\"", count)}]}}]}}");
    }

    private static string Repeat(string item, int count) => string.Join(',', Enumerable.Repeat(item, count));
}
