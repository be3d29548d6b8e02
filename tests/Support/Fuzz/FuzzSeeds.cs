using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Valid requests for the fuzzer to damage.</summary>
public static class FuzzSeeds
{
    private const int Side = 28;
    private static readonly SKColor[] Palette = [SKColors.White, SKColors.Black, SKColors.Red];

    /// <summary>
    /// Small images of every supported format and of every kind of pixel with its own code path.
    /// </summary>
    public static IReadOnlyList<(byte[] Bytes, string MediaType)> Images { get; } = MakeImages();

    private static readonly string ManyLogits = string.Join(
        ", ",
        Enumerable.Range(0, 300).Select(i => (i * 0.37).ToString("F2", CultureInfo.InvariantCulture)));

    private static readonly string CalibrationLogits = string.Join(
        ", ",
        Enumerable.Range(0, 30).Select(i => $"[{i % 3}, {i % 5}.5, {-i % 4}]"));

    private static readonly string CalibrationLabels = string.Join(", ", Enumerable.Range(0, 30).Select(i => i % 3));

    /// <summary>JSON for our routes.</summary>
    public static IReadOnlyList<(string Path, string Json)> Json { get; } =
    [
        ("/softmax", """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "temperature": 0.5}"""),
        ("/softmax", """{"logits": [[1, 2, 3], [3e38, -3e38, "-Infinity"]], "temperature": [1.5, 1e-30], "topK": 2}"""),
        ("/softmax", $$"""{"logits": [{{ManyLogits}}], "topK": 5}"""),
        ("/softmax/gradient", """{"logits": [2.0, 1.0, 0.1], "target": 0}"""),
        ("/softmax/gradient", """{"logits": [[2.0, 1.0], [0.1, "-Infinity"]], "target": [1, 0], "temperature": 2}"""),
        (
            "/softmax/gradient",
            """{"logits": [[2.0, 1.0], [0.1, 5]], "upstream": [[0.1, -1], [3, 1e30]], "temperature": [2, 0.1]}"""
        ),
        (
            "/calibrate",
            $$"""{"logits": [{{CalibrationLogits}}], "labels": [{{CalibrationLabels}}], "bins": 10,"""
                + """ "alphas": [0.1, 0.05]}"""
        ),
    ];

    /// <summary>JSON for /v2.</summary>
    public static IReadOnlyList<(string Path, string Json)> OpenInference { get; } =
    [
        (
            "/v2/models/mnist/infer",
            """{"id": "a", "parameters": {"temperature": 1.5}, "inputs": [{"name": "image", "datatype": "BYTES","""
                + $$""" "shape": [1], "data": ["{{Convert.ToBase64String(Images[0].Bytes)}}"]}],"""
                + """ "outputs": [{"name": "probabilities", "parameters": {"classification": 3} }]}"""
        ),
        (
            "/v2/models/mnist/versions/1/infer",
            """{"inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 1, 28, 28], "data": ["""
                + $$"""{{string.Join(", ", Enumerable.Repeat("0.5", Side * Side))}}]}],"""
                + """ "outputs": [{"name": "logits", "parameters": {"binary_data": true} }]}"""
        ),
        (
            "/v2/models/mnist/infer",
            """{"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 1, 2, 2],"""
                + """ "data": [[[[1, 2], [3, 4]]]], "parameters": {"binary_data_size": 4}}]}"""
        ),
        ("/v2/repository/index", """{"ready": true}"""),
    ];

    /// <summary>The JSON part of a request in the binary extension, for a tensor of float32.</summary>
    public static string BinaryTensorJson { get; } =
        """{"inputs": [{"name": "image", "datatype": "FP32", "shape": [2, 1, 28, 28],"""
            + $$""" "parameters": {"binary_data_size": {{TensorBytes.Length}} } }],"""
            + """ "parameters": {"binary_data_output": true} }""";

    /// <summary>Two images of float32.</summary>
    public static byte[] TensorBytes =>
        MemoryMarshal
            .AsBytes(Enumerable.Range(0, 2 * Side * Side).Select(i => (i % 17) / 16f).ToArray().AsSpan())
            .ToArray();

    /// <summary>
    /// A message of inference.GRPCInferenceService/ModelInfer. The numbers are the field numbers of the protocol.
    /// </summary>
    public static byte[] InferMessage(byte[] image, bool asTensor)
    {
        byte[] shape = asTensor ? [2, 1, Side, Side] : [1];
        byte[] input =
        [
            .. GrpcCall.Field(1, "image"),
            .. GrpcCall.Field(2, asTensor ? "FP32" : "BYTES"),
            .. GrpcCall.Field(3, shape),
        ];
        byte[] temperature = [.. GrpcCall.Field(1, "temperature"), .. GrpcCall.Field(2, GrpcCall.Field(3, "1.5"))];
        byte[] classification = [.. GrpcCall.Field(1, "classification"), .. GrpcCall.Field(2, 0x10, 3)];
        byte[] output = [.. GrpcCall.Field(1, "probabilities"), .. GrpcCall.Field(2, classification)];
        return
        [
            .. GrpcCall.Field(1, "mnist"),
            .. GrpcCall.Field(3, "id"),
            .. GrpcCall.Field(4, temperature),
            .. GrpcCall.Field(5, input),
            .. GrpcCall.Field(6, output),
            .. GrpcCall.Field(7, asTensor ? TensorBytes : TensorElements.Of(image)),
        ];
    }

    private static List<(byte[] Bytes, string MediaType)> MakeImages()
    {
        byte[] Still(SKEncodedImageFormat format, int quality, SKAlphaType alpha = SKAlphaType.Opaque) =>
            EncodedImages.Encode(
                41,
                33,
                (x, y) => EncodedImages.Colorful(x, y).WithAlpha((byte)(alpha == SKAlphaType.Opaque ? 255 : x * 6)),
                format,
                quality,
                alpha);
        var scanlines = new byte[40 * 16];
        new Random(1).NextBytes(scanlines);
        var jpeg = Still(SKEncodedImageFormat.Jpeg, 80);
        var webp = Still(SKEncodedImageFormat.Webp, 80);
        var lossless = Still(SKEncodedImageFormat.Webp, 100, SKAlphaType.Unpremul);
        return
        [
            (
                EncodedImages.Encode(Side, Side, (x, y) => Math.Abs(x - y) < 3 ? SKColors.White : SKColors.Black),
                "image/png"),
            (Still(SKEncodedImageFormat.Png, 100, SKAlphaType.Unpremul), "image/png"),
            (
                EncodedImages.Png(
                    20,
                    16,
                    16,
                    0,
                    scanlines,
                    ("gAMA", [0, 0, 0xB1, 0x8F]),
                    ("tEXt", [.. "Comment\0text"u8])),
                "image/png"),
            (
                EncodedImages.Png(
                    40,
                    16,
                    8,
                    3,
                    scanlines,
                    ("PLTE", [.. Enumerable.Range(0, 768).Select(i => (byte)i)]),
                    ("tRNS", [0, 128, 255])),
                "image/png"),
            (EncodedImages.InterlacedPng(19, 23, EncodedImages.Colorful), "image/png"),
            (jpeg, "image/jpeg"),
            (EncodedImages.WithExifOrientation(jpeg, 6), "image/jpeg"),
            (EncodedImages.ProgressiveJpeg, "image/jpeg"),
            (EncodedImages.CmykJpeg, "image/jpeg"),
            (webp, "image/webp"),
            (lossless, "image/webp"),
            (EncodedImages.AnimatedWebP(41, 33, webp, lossless), "image/webp"),
            (EncodedImages.Gif(30, 20, Palette, (x, y) => (x + y) % 3, (x, y) => x % 3), "image/gif"),
            (EncodedImages.Bmp(31, 17, EncodedImages.Colorful), "image/bmp"),
            (EncodedImages.Icon((16, SKColors.Red), (32, SKColors.Blue)), "image/x-icon"),
            (IconOf(Still(SKEncodedImageFormat.Png, 100)), "image/vnd.microsoft.icon"),
        ];
    }

    private static byte[] IconOf(byte[] png) =>
        [0, 0, 1, 0, 1, 0, 41, 33, 0, 0, 1, 0, 32, 0, .. BitConverter.GetBytes(png.Length), 22, 0, 0, 0, .. png];

    /// <summary>A form with one part per image.</summary>
    public static byte[] Form(string boundary, params byte[][] images)
    {
        using var form = new MemoryStream();
        foreach (var (index, image) in images.Index())
        {
            form.Write(
                Encoding.ASCII.GetBytes(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{index}.png\"\r\n"
                            + $"Content-Type: image/png\r\n\r\n")));
            form.Write(image);
            form.Write("\r\n"u8);
        }

        form.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return form.ToArray();
    }
}
