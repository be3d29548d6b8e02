using System.Net.Mime;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A request that is raced.</summary>
/// <param name="Title">What the tables call it.</param>
/// <param name="Path">Path and query.</param>
/// <param name="BodyOf">What is posted.</param>
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
