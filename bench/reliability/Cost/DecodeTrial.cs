using System.Diagnostics;
using System.Globalization;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>
/// Prepares the costliest file of each kind for models of several inputs, each in a process of its own, and compares
/// what it took with what the file's header is taken to mean.
/// </summary>
internal static class DecodeTrial
{
    public const string MeasureCommand = "measure-file";

    private const double SmallestError = 16; // MB: the runtime's own, such as code that is compiled meanwhile

    private static readonly (string Name, ImageInput Input)[] Inputs =
    [
        ("digits", new ImageInput
        {
            Channels = 1, Height = 28, Width = 28, Color = PixelColor.Gray, Mean = [0], Std = [1],
            Foreground = Foreground.Light,
        }),
        ("photographs", new ImageInput
        {
            Channels = 3, Height = 224, Width = 224, Color = PixelColor.Rgb, Mean = [0, 0, 0], Std = [1, 1, 1],
        }),
        ("every pixel", new ImageInput
        {
            Channels = 3, Height = 224, Width = 224, Color = PixelColor.Rgb, Mean = [0, 0, 0], Std = [1, 1, 1],
            Resize = ResizeMode.Crop, ResizeTo = ResizeTarget.Shorter(256), Filter = ImageFilter.Lanczos, Round = true,
        }),
    ];

    public static async Task<(string Table, bool IsPassed)> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("softmax-files-").FullName;
        var table = new StringBuilder();
        var isPassed = true;
        try
        {
            foreach (var file in CostlyFile.All)
            {
                var path = Path.Combine(folder, "file");
                await File.WriteAllBytesAsync(path, file.Bytes);
                foreach (var (name, _) in Inputs)
                {
                    var line = await MeasureAsync(path, name);
                    var isWithin = line.Split('|') is { Length: > 4 } cells && IsWithin(cells);
                    isPassed &= isWithin;
                    table.Append(
                        CultureInfo.InvariantCulture,
                        $"| {file.Kind} | {file.Name} | {new FileInfo(path).Length / 1000.0:F1} | {name} | "
                            + $"{line.Replace("|", " | ", StringComparison.Ordinal)} | {(isWithin ? "" : "MORE")} |\n");
                    Console.Error.WriteLine(table.ToString().Split('\n')[^2]);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return (table.ToString(), isPassed);
    }

    /// <summary>Runs in a process of its own: prints what is declared and what is measured.</summary>
    public static int Measure(Options options)
    {
        var input = Inputs.First(input => input.Name == options.Text("input")).Input;
        var bytes = File.ReadAllBytes(options.Text("file") ?? throw new ArgumentException("--file is missing."));
        var preprocessor = new ImagePreprocessor(input);
        var tensor = new float[input.ElementCount];
        preprocessor.WarmUp(tensor);
        var (milliseconds, megabytes, outcome) = (0.0, 0.0, "200");
        var declared = default((double Milliseconds, double Megabytes));
        try
        {
            var header = preprocessor.ReadHeader(bytes);
            declared = (preprocessor.MillisecondsOf(header), preprocessor.PeakBytesOf(header) / 1e6);
            GC.Collect();
            File.WriteAllText("/proc/self/clear_refs", "5");
            var (before, started) = (PeakMegabytes(), Process.GetCurrentProcess().TotalProcessorTime);
            preprocessor.Preprocess(bytes, header, tensor, CancellationToken.None);
            milliseconds = (Process.GetCurrentProcess().TotalProcessorTime - started).TotalMilliseconds;
            megabytes = PeakMegabytes() - before;
        }
        catch (InferenceException rejection)
        {
            outcome = rejection.Error.ToString();
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{declared.Milliseconds:F0}|{milliseconds:F0}|{declared.Megabytes:F0}|{megabytes:F0}|{outcome}"));
        return 0;
    }

    private static bool IsWithin(string[] cells)
    {
        double[] numbers = [.. cells[..4].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
        return numbers[1] <= numbers[0] && numbers[3] <= numbers[2] + SmallestError;
    }

    private static async Task<string> MeasureAsync(string path, string input)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [typeof(DecodeTrial).Assembly.Location, MeasureCommand, $"--file={path}", $"--input={input}"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!; // null only with UseShellExecute
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : $"exited with {process.ExitCode}";
    }

    private static double PeakMegabytes() => double.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024 / 1e6;
}
