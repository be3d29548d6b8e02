namespace SoftmaxService.HttpBenchmarks;

/// <summary>Paths in the checkout and of the binaries that <c>bench/http/run</c> has built.</summary>
internal static class Checkout
{
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("BENCH_ROOT")
        ?? throw new InvalidOperationException(
            "Start this with bench/http/run, which builds the contenders and sets BENCH_ROOT.");

    public static string Results { get; } = Path.Combine(Root, "bench", "results");

    /// <summary>The service, framework-dependent.</summary>
    public static string Service { get; } = Build("SoftmaxService.Api");

    /// <summary>The service of an earlier commit, framework-dependent, which <c>run compare</c> builds.</summary>
    public static string EarlierService { get; } =
        Path.Combine(
            Root,
            "artifacts",
            "bench-http",
            "earlier",
            "artifacts",
            "bin",
            "SoftmaxService.Api",
            "release",
            "SoftmaxService.Api.dll");

    /// <summary>The service as a native binary; null if it could not be published.</summary>
    public static string? NativeService { get; } = Native("service", "SoftmaxService.Api");

    public static string? NativeFloor { get; } = Native("floor", "SoftmaxService.HttpBenchmarks.Floor");

    public static string Contender(string name) => Build($"SoftmaxService.HttpBenchmarks.{name}");

    public static string Shipped(string model) => Path.Combine(Root, "models", model, "model.onnx");

    private static string Build(string project) =>
        Path.Combine(Root, "artifacts", "bin", project, "release", $"{project}.dll");

    private static string? Native(string folder, string program)
    {
        var path = Path.Combine(Root, "artifacts", "bench-http", folder, program);
        return File.Exists(path) ? path : null;
    }
}
