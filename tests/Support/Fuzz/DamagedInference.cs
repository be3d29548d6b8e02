using System.Globalization;
using System.IO.Compression;
using System.Text;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Damaged requests to infer, in JSON and in the binary extension.</summary>
internal static class DamagedInference
{
    public static FuzzRequest Json(Random random, long number)
    {
        var (path, json) = random.Pick(FuzzSeeds.OpenInference);
        var body = TextMutation.Damage(random, json);
        return random.Next(4) == 0
            ? DamagedBody.Answered(
                random,
                number,
                FuzzKind.OpenInferenceJson,
                path,
                ByteMutation.Damage(random, Gzip(body)),
                "application/json",
                "Content-Encoding: gzip")
            : DamagedBody.Answered(random, number, FuzzKind.OpenInferenceJson, path, body, "application/json");
    }

    public static FuzzRequest Binary(Random random, long number)
    {
        byte[] json;
        byte[] blob;
        if (random.Next(2) == 0)
        {
            (json, blob) = (
                Encoding.UTF8.GetBytes(FuzzSeeds.BinaryTensorJson),
                ByteMutation.Damage(random, FuzzSeeds.TensorBytes));
        }
        else
        {
            blob = ByteMutation.Damage(
                random,
                TensorElements.Of(DamagedBody.ImageBody(random, out _), random.Pick(FuzzSeeds.Images).Bytes));
            json = Encoding.UTF8.GetBytes(
                """{"inputs": [{"name": "image", "datatype": "BYTES", "shape": [2],"""
                + $$""" "parameters": {"binary_data_size": {{blob.Length}} } }]}""");
        }

        json = random.Next(2) == 0 ? TextMutation.Damage(random, Encoding.UTF8.GetString(json)) : json;
        var declaredLength = json.Length + (random.Next(8) == 0 ? random.Next(-5, 6) : 0);
        return DamagedBody.Answered(
            random,
            number,
            FuzzKind.OpenInferenceBinary,
            "/v2/models/mnist/infer",
            [.. json, .. blob],
            "application/octet-stream",
            string.Create(CultureInfo.InvariantCulture, $"Inference-Header-Content-Length: {declaredLength}"));
    }

    private static byte[] Gzip(byte[] body)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return compressed.ToArray();
    }
}
