using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The versions of everything in the race.</summary>
internal static class Versions
{
    private static readonly string[] Packages =
    [
        "Microsoft.ML.OnnxRuntime",
        "SkiaSharp",
        "Microsoft.ML.OnnxTransformer",
    ];
    private static readonly string[] Modules = ["fastify", "onnxruntime-node", "pngjs"];

    public static string All =>
        string.Join(
            ", ",
            [
                .. Packages.Select(OfPackage),
                $"node {FirstLine("node", "--version")}",
                .. Modules.Select(OfModule),
                WrkVersion,
                $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
                $"commit {FirstLine("git", "-C", Checkout.Root, "describe", "--always", "--dirty")}",
            ]);

    // wrk prints version and copyright in front of its usage, with an exit code of 1; the copyright is left out.
    private static string WrkVersion => string.Join(' ', FirstLine("wrk", "--version").Split(' ').Take(2));

    private static string OfPackage(string name)
    {
        var package = XDocument
            .Load(Path.Combine(Checkout.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Single(package => (string?)package.Attribute("Include") == name);
        return $"{name} {package.Attribute("Version")?.Value}";
    }

    private static string OfModule(string name)
    {
        using var package = JsonDocument.Parse(
            File.ReadAllBytes(
                Path.Combine(Checkout.Root, "bench", "http", "node", "node_modules", name, "package.json")));
        return $"{name} {package.RootElement.GetProperty("version").GetString()}";
    }

    private static string FirstLine(string program, params string[] arguments)
    {
        // Null only with UseShellExecute.
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadLine();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return line ?? "of unknown version";
    }
}
