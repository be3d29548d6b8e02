using System.Diagnostics;
using System.Globalization;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>A control group whose processes may take so much memory together. Disposing removes it.</summary>
internal sealed class MemoryGroup : IDisposable
{
    public const string MeasureCommand = "available-memory";

    private const string FirstVersion = "/sys/fs/cgroup/memory";
    private const string SecondVersion = "/sys/fs/cgroup";

    private readonly string _path;
    private readonly bool _isSecond;

    private MemoryGroup(string path, bool isSecond) => (_path, _isSecond) = (path, isSecond);

    /// <summary>A command that enters the group and becomes the one that follows it.</summary>
    public IReadOnlyList<string> Launcher =>
        ["sh", "-c", $"echo $$ > '{Path.Combine(_path, "cgroup.procs")}' && exec \"$@\"", "sh"];

    /// <summary>The most memory since the last <see cref="ForgetPeak"/>, with the cache of files.</summary>
    public double PeakMegabytes => Read(_isSecond ? "memory.peak" : "memory.max_usage_in_bytes") / 1e6;

    /// <summary>Makes a group, or says why there can be none.</summary>
    /// <exception cref="InvalidOperationException">There is no memory controller that we may write to.</exception>
    public static MemoryGroup Create(int mebibytes)
    {
        var isSecond = !Directory.Exists(FirstVersion);
        var path = Path.Combine(
            isSecond ? SecondVersion : FirstVersion,
            string.Create(CultureInfo.InvariantCulture, $"softmax-cost-{Environment.ProcessId}-{mebibytes}"));
        try
        {
            if (isSecond)
            {
                File.WriteAllText(Path.Combine(SecondVersion, "cgroup.subtree_control"), "+memory");
            }

            Directory.CreateDirectory(path);
            var group = new MemoryGroup(path, isSecond);
            File.WriteAllText(
                Path.Combine(path, isSecond ? "memory.max" : "memory.limit_in_bytes"),
                ((long)mebibytes << 20).ToString(CultureInfo.InvariantCulture));
            return group;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"The trial needs a memory controller that it may write to, of either version of Linux' control "
                    + $"groups; {path} does not work: {exception.Message} Run it as root.",
                exception);
        }
    }

    /// <summary>Runs in a process of the group: prints how many bytes .NET takes to be there.</summary>
    public static int PrintAvailable()
    {
        Console.WriteLine(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return 0;
    }

    /// <summary>How many megabytes .NET takes to be there for a process of the group.</summary>
    public async Task<double> AvailableMegabytesAsync()
    {
        string[] command = [.. Launcher, "dotnet", typeof(MemoryGroup).Assembly.Location, MeasureCommand];
        using var process = Process.Start(
            new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!; // without a shell
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return double.Parse(output, CultureInfo.InvariantCulture) / 1e6;
    }

    /// <summary>Version 2 keeps the peak for whoever has the file open since then; there, peaks only rise.</summary>
    public void ForgetPeak()
    {
        if (!_isSecond)
        {
            File.WriteAllText(Path.Combine(_path, "memory.max_usage_in_bytes"), "0");
        }
    }

    public void Dispose()
    {
        // The kernel removes a process from its group a moment after it has ended.
        for (var attempt = 0; Directory.Exists(_path) && attempt < 50; attempt++)
        {
            try
            {
                Directory.Delete(_path);
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }
    }

    private long Read(string file) =>
        long.Parse(File.ReadAllText(Path.Combine(_path, file)), CultureInfo.InvariantCulture);
}
