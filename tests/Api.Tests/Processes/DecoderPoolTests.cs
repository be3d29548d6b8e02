using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SoftmaxService.Api.Processes;
using SoftmaxService.Api.Processes.Decoding;
using SoftmaxService.Api.Tests.Models.Probing;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Tests.Processes;

/// <summary>Processes that behave as a decoder's may when a file has its way with it: here shells.</summary>
public sealed class DecoderPoolTests : IDisposable
{
    private const string Ready = "printf +;";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [LinuxTheory]
    [InlineData("kill -SEGV $$", "signal SIGSEGV")]
    [InlineData("kill -XCPU $$", "too much processor time")]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("exec sleep 1000", "signal SIGKILL")]
    public void TheReasonOfAnEndIsSaid(string script, string mention)
    {
        using var pool = Pool(Ready + script);
        using var lease = pool.Rent(CancellationToken.None);

        Assert.Contains(mention, lease.DescribeEnd(), StringComparison.Ordinal);
    }

    [LinuxFact]
    public void AProcessThatDoesNotStartIsNotTheImagesFault()
    {
        using var missing = new DecoderPool(
            new ChildProgram("/nowhere/dotnet", []), 1 << 28, Metrics(), NullLogger.Instance);
        using var broken = Pool("echo no runtime here >&2; exit 131");

        Assert.Equal(InferenceError.Overloaded, Fault(missing).Error);
        Assert.Contains("no runtime here", Fault(broken).InnerException!.Message, StringComparison.Ordinal);

        static InferenceException Fault(DecoderPool pool) =>
            Assert.Throws<InferenceException>(() => pool.Rent(CancellationToken.None));
    }

    [LinuxFact]
    public void AProcessIsLentAgainOnceItsImageIsComplete()
    {
        using var pool = Pool($"{Ready} while read line; do echo $$; done");

        var first = Ask(pool, complete: true);
        var second = Ask(pool, complete: false);
        var third = Ask(pool, complete: true);

        Assert.Equal(first, second);
        Assert.NotEqual(second, third);
    }

    [LinuxFact]
    public void AProcessThatEndsWhileIdleIsReplaced()
    {
        using var pool = Pool($"{Ready} read line; echo $$; sleep 0.05; exit 0");
        var first = Ask(pool, complete: true);
        SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{first}"), Patience);

        Assert.NotEqual(first, Ask(pool, complete: true));
    }

    [LinuxFact]
    public async Task CancellingEndsTheProcess()
    {
        using var pool = Pool($"{Ready} exec sleep 1000");
        using var cancellation = new CancellationTokenSource();
        using var lease = pool.Rent(cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(-1, await Task.Run(lease.Answers.ReadByte).WaitAsync(Patience)); // waits for the end
        Assert.Throws<OperationCanceledException>(() => pool.Rent(cancellation.Token));
    }

    private static string Ask(DecoderPool pool, bool complete)
    {
        using var lease = pool.Rent(CancellationToken.None);
        lease.Requests.Write("go\n"u8);
        lease.Requests.Flush();
        var line = "";
        for (int next; (next = lease.Answers.ReadByte()) is not ('\n' or < 0);)
        {
            line += (char)next;
        }

        if (complete)
        {
            lease.Complete();
        }

        return line;
    }

    private DecoderPool Pool(string script) =>
        new(new ChildProgram("/bin/sh", ["-c", script]), 1 << 28, Metrics(), NullLogger.Instance);

    private DecoderMetrics Metrics() => new(_services.GetRequiredService<IMeterFactory>());
}
