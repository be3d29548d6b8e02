using System.Text;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Damaged images, forms, JSON and floats for our own routes.</summary>
internal static class DamagedBody
{
    public const string Boundary = "fuzz-7d1f0a";

    public static FuzzRequest Image(Random random, long number) =>
        Answered(random, number, FuzzKind.Image, "/classify", ImageBody(random, out var mediaType), mediaType);

    public static FuzzRequest Form(Random random, long number) =>
        Answered(
            random,
            number,
            FuzzKind.Form,
            "/classify",
            FormBody(random),
            $"multipart/form-data; boundary={Boundary}");

    public static FuzzRequest Floats(Random random, long number) =>
        Answered(
            random,
            number,
            FuzzKind.Floats,
            $"/softmax?classes={random.Next(1, 9)}&temperature={random.Next(1, 4)}",
            ByteMutation.Damage(random, FuzzSeeds.TensorBytes[..(4 * random.Next(1, 100))]),
            "application/octet-stream");

    public static FuzzRequest Json(Random random, long number)
    {
        if (random.Next(4) == 0)
        {
            var images = string.Join(
                ", ",
                Enumerable
                    .Range(0, random.Next(1, 4))
                    .Select(_ => $"\"{Convert.ToBase64String(ImageBody(random, out var _))}\""));
            var json = random.Next(2) == 0 ? $$"""{"images": [{{images}}]}""" : $$"""{"image": {{images}}}""";
            return Answered(
                random,
                number,
                FuzzKind.Json,
                "/classify",
                random.Next(2) == 0 ? TextMutation.Damage(random, json) : Encoding.UTF8.GetBytes(json),
                "application/json");
        }

        var (path, seed) = random.Pick(FuzzSeeds.Json);
        return Answered(random, number, FuzzKind.Json, path, TextMutation.Damage(random, seed), "application/json");
    }

    /// <summary>An image that is damaged or made at random.</summary>
    public static byte[] ImageBody(Random random, out string mediaType)
    {
        if (random.Next(2) == 0)
        {
            (_, mediaType, var made) = MadeImage.Make(random);
            return made;
        }

        (var image, mediaType) = random.Pick(FuzzSeeds.Images);
        return ByteMutation.DamageImage(random, image);
    }

    /// <summary>A request with undamaged framing, sometimes in chunks.</summary>
    public static FuzzRequest Answered(
        Random random,
        long number,
        FuzzKind kind,
        string target,
        byte[] body,
        string mediaType,
        params string[] headers)
    {
        if (target == "/classify" && random.Next(8) == 0)
        {
            target = random.Of(
                "/classify?topK=3&temperature=2",
                "/classify?alpha=0.05",
                "/classify?threshold=0.5",
                "/classify?model=cifar10");
        }

        string[] all = [$"Content-Type: {mediaType}", .. headers];
        return new FuzzRequest(
            number,
            kind,
            random.Next(8) == 0
                ? RawRequest.Bytes(
                    "POST",
                    target,
                    [.. all, "Transfer-Encoding: chunked"],
                    RawRequest.Chunked(random, body),
                    declaresLength: false)
                : RawRequest.Bytes("POST", target, all, body),
            MustBeAnswered: true);
    }

    private static byte[] FormBody(Random random)
    {
        byte[][] images =
        [
            .. Enumerable
                .Range(0, random.Next(1, 5))
                .Select(_ => random.Next(2) == 0 ? ImageBody(random, out var _) : random.Pick(FuzzSeeds.Images).Bytes),
        ];
        var form = FuzzSeeds.Form(Boundary, images);
        return random.Next(2) == 0 ? ByteMutation.Damage(random, form) : form;
    }
}
