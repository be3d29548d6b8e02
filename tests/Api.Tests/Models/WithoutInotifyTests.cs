using System.Diagnostics;

namespace SoftmaxService.Api.Tests.Models;

/// <summary>The service on a machine without free inotify instances, as with many containers of one user.</summary>
public sealed class WithoutInotifyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [WithoutInotifyFact]
    public async Task TheServiceWarnsOnceAndFindsModelsByPolling()
    {
        using var folder = new TemporaryFolder();
        folder.Copy(Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "models/mnist/1");
        using var service = await ServiceProcess.StartReadyAsync(
            Launcher(folder),
            $"--Models:Folder={Path.Combine(folder.Path, "models")}",
            "--Models:PollSeconds=0.2",
            "--Models:SettleSeconds=0");

        folder.Copy(Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "models/later/1");
        for (
            var clock = Stopwatch.StartNew();
            clock.Elapsed < Patience && !await IsServedAsync(service);
            await Task.Delay(50))
        {
            // The service polls five times per second and loads what it finds.
        }

        Assert.True(await IsServedAsync(service), service.Output);
        Assert.Single(service.Output.Split("The file system reports no changes of the model folder").Skip(1));
        // The only other warnings are of answers given while the later model was loading.
        Assert.Single(
            service.Output.Split('\n'),
            line => line.Contains(" WRN ", StringComparison.Ordinal)
                && !line.Contains("/models/later/1 answered 503", StringComparison.Ordinal));
    }

    private static async Task<bool> IsServedAsync(ServiceProcess service)
    {
        using var answer = await service.Client.GetAsync("/models/later/1");
        return answer.IsSuccessStatusCode;
    }

    private static string Launcher(TemporaryFolder folder)
    {
        var path = Path.Combine(folder.Path, "start");
        var script = $"""
            #!/bin/sh
            exec {WithoutInotifyFactAttribute.Command} \
              'echo 0 > /proc/sys/user/max_inotify_instances && exec "$0" "$@"' '{ServiceProcess.Built}' "$@"

            """;
        folder.Write("start", System.Text.Encoding.UTF8.GetBytes(script));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}

/// <summary>Requires a separate user namespace, in which the limit can be set.</summary>
internal sealed class WithoutInotifyFactAttribute : FactAttribute
{
    public const string Command = "unshare -Ur sh -c";

    public WithoutInotifyFactAttribute() => Skip = WhyMissing();

    private static string? WhyMissing()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/bin/sh"))
        {
            return "This test sets the limit of inotify instances, which only Linux has.";
        }

        using var trial = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"{Command} 'echo 0 > /proc/sys/user/max_inotify_instances'"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
        trial!.WaitForExit(); // null only with UseShellExecute
        return trial.ExitCode == 0
            ? null
            : "This test runs unshare to set the limit of inotify instances to 0, which this machine lacks or forbids.";
    }
}
