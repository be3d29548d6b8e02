using System.Net.Mime;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A kind of request in the race.</summary>
/// <param name="Title">Its name in the tables.</param>
/// <param name="Path">Path and query.</param>
/// <param name="BodyOf">Its body.</param>
internal sealed record RequestKind(string Title, string Path, Func<RaceFiles, PostedBody> BodyOf)
{
    public static RequestKind Classify { get; } = new("/classify", "/classify", _ => PostedBody.Seven);

    public static RequestKind Mnist { get; } =
        new("/classify, mnist/1", "/classify?model=mnist", _ => PostedBody.Seven);

    public static RequestKind Cifar { get; } =
        new("/classify, cifar10/1", "/classify?model=cifar10", _ => PostedBody.Seven);

    public static RequestKind SoftmaxBinary { get; } =
        new(
            "/softmax, octet-stream, 64 × 1000",
            $"/softmax?classes={RaceFiles.ClassCount}",
            files => new PostedBody(files.BinaryLogits, MediaTypeNames.Application.Octet));

    public static RequestKind SoftmaxJson { get; } =
        new(
            "/softmax, JSON, 1000",
            "/softmax",
            files => new PostedBody(files.JsonLogits, MediaTypeNames.Application.Json));
}
