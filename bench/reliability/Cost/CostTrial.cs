using System.Diagnostics;
using System.Globalization;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>
/// Attacks the service in control groups of the memory that containers have, with one core and two, while another
/// client asks for a small image. What nobody may cause: its end, an answer of 500, a wait for others, memory for good.
/// </summary>
internal static class CostTrial
{
    private const int WarmUpRequests = 40;

    public static async Task<int> RunAsync(Options options)
    {
        var (seconds, only, binary) = (options.Number("seconds", 6), options.Text("only"), options.Text("binary"));
        if (Environment.ProcessorCount < 2)
        {
            throw new InvalidOperationException("The trial needs two cores: one for the service, one for its clients.");
        }

        var limits = Numbers(options.Text("limits") ?? "512,1024,4096");
        var cores = Numbers(options.Text("cores") ?? "1,2");
        var (isPassed, loadAtStart) = (true, CostReport.Load());
        var report = new StringBuilder();
        if (only is null or "files")
        {
            (var table, isPassed) = await DecodeTrial.RunAsync();
            report.Append(CostReport.Files(table));
        }

        Attack[] attacks = [.. Attacks.All.Where(attack => only is null || attack.Kind == only)];
        foreach (var limit in attacks.Length > 0 ? limits : [])
        {
            foreach (var count in cores)
            {
                using var group = MemoryGroup.Create(limit);
                await ConfineAsync(count);
                var outcomes = await AttackAsync(group, count, attacks, TimeSpan.FromSeconds(seconds), binary);
                isPassed &= outcomes.All(outcome => outcome.Faults.Length == 0);
                report.Append(CostReport.Group(limit, count, await group.AvailableMegabytesAsync(), outcomes));
                await CostReport.WriteAsync(
                    report.ToString(), seconds, only, binary is not null, loadAtStart, isPassed: null);
            }
        }

        await CostReport.WriteAsync(report.ToString(), seconds, only, binary is not null, loadAtStart, isPassed);
        return isPassed ? 0 : 1;
    }

    private static int[] Numbers(string list) =>
        [.. list.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

    private static async Task<List<Outcome>> AttackAsync(
        MemoryGroup group, int cores, Attack[] attacks, TimeSpan time, string? binary)
    {
        var folder = Directory.CreateTempSubdirectory("softmax-models-").FullName;
        ServiceProcess? service = null;
        List<Outcome> outcomes = [];
        try
        {
            CopyModels(folder);
            foreach (var attack in attacks)
            {
                // One that has missed a goal would not show what the next attack does.
                if (service is null or { HasExited: true } || outcomes is [.., { Faults.Length: > 0 }])
                {
                    await (service?.DisposeAsync() ?? ValueTask.CompletedTask);
                    service = null;
                    service = await StartAsync(group, cores, folder, binary);
                }

                outcomes.Add(await Measurement.RunAsync(service, group, attack, folder, time));
                Console.Error.WriteLine(CostReport.Row(outcomes[^1]));
            }
        }
        finally
        {
            await (service?.DisposeAsync() ?? ValueTask.CompletedTask);
            Directory.Delete(folder, recursive: true);
        }

        return outcomes;
    }

    /// <summary>
    /// Beside a service on the first core, this process keeps to the others; the threads that it starts later, too.
    /// </summary>
    private static async Task ConfineAsync(int serviceCores)
    {
        var (first, last) = (serviceCores == 1 ? 1 : 0, Environment.ProcessorCount - 1);
        using var taskset = Process.Start(
            new ProcessStartInfo(
                "taskset",
                ["-a", "-p", "-c", $"{first}-{last}", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
            })!; // null only with UseShellExecute
        await taskset.StandardOutput.ReadToEndAsync();
        await taskset.WaitForExitAsync();
    }

    /// <summary>The service on the first cores, warmed up by requests of each kind.</summary>
    private static async Task<ServiceProcess> StartAsync(MemoryGroup group, int cores, string folder, string? binary)
    {
        var service = await ServiceProcess.StartAsync(new ServiceSetup
        {
            Processors = cores == 1 ? "0" : $"0-{cores - 1}",
            Settings = [$"--Models:Folder={folder}", "--Models:PollSeconds=1", "--Models:SettleSeconds=0.2"],
            Launcher = group.Launcher,
            Binary = binary,
            ShowsLog = false,
        });
        using var target = new Target(service.Address, folder);
        for (var i = 0; i < WarmUpRequests; i++)
        {
            foreach (var request in Payloads.WarmUp())
            {
                await target.SendAsync(request, CancellationToken.None);
            }
        }

        return service;
    }

    private static void CopyModels(string folder)
    {
        foreach (var model in (string[])["mnist", "cifar10"])
        {
            var from = Path.Combine(Checkout.Root, "models", model, "1");
            var to = Directory.CreateDirectory(Path.Combine(folder, model, "1")).FullName;
            foreach (var file in Directory.EnumerateFiles(from))
            {
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            }
        }

        var endless = Directory.CreateDirectory(Path.Combine(folder, Attacks.EndlessModel, "1")).FullName;
        File.WriteAllBytes(Path.Combine(endless, "model.onnx"), CostlyModels.EndlessOnGrey());
        File.WriteAllText(Path.Combine(endless, "model.json"), """{ "output": { "kind": "logits" } }""");
    }
}
