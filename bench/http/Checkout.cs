namespace SoftmaxService.HttpBenchmarks;

/// <summary>Where things are in the checkout, and what <c>bench/http/run</c> has built of it.</summary>
internal static class Checkout
{
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("BENCH_ROOT")
        ?? throw new InvalidOperationException(
            "Start this by bench/http/run, which builds what it needs and says where that is.");

    public static string Results { get; } = Path.Combine(Root, "bench", "results");

    /// <summary>The service, framework-dependent.</summary>
    public static string Service { get; } = Build("SoftmaxService.Api");

    /// <summary>The service as a native binary; null where it could not be published.</summary>
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
