using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using SoftmaxService.Api.Load;

namespace SoftmaxService.Api.Tests.Load;

public sealed class RequestDeadlineTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task TheTokenIsCancelledAtTheDeadline()
    {
        var context = new DefaultHttpContext();
        using var deadline = RequestDeadline.Set(context, Short);

        await UntilCancelledAsync(context);

        Assert.True(deadline.IsExpired);
    }

    [Fact]
    public async Task APartMayHaveAShorterDeadline()
    {
        var context = new DefaultHttpContext();
        using var deadline = RequestDeadline.Set(context, Long);

        Assert.True(deadline.TryShorten(Short));
        await UntilCancelledAsync(context);

        Assert.True(deadline.IsExpired);
    }

    [Fact]
    public async Task AFinishedPartLeavesTheRequestItsTime()
    {
        var context = new DefaultHttpContext();
        using var deadline = RequestDeadline.Set(context, Long);

        Assert.True(deadline.TryShorten(TimeSpan.FromMilliseconds(300)));
        deadline.Restore();
        await Task.Delay(TimeSpan.FromMilliseconds(600));

        Assert.False(context.RequestAborted.IsCancellationRequested);
        Assert.False(deadline.TryShorten(Long));
    }

    [Fact]
    public async Task TheTimeAfterAPartIsTheRequests()
    {
        var context = new DefaultHttpContext();
        var start = Stopwatch.GetTimestamp();
        using var deadline = RequestDeadline.Set(context, TimeSpan.FromMilliseconds(500));

        Assert.True(deadline.TryShorten(TimeSpan.FromMilliseconds(400)));
        deadline.Restore();
        await UntilCancelledAsync(context);

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.45, 30);
        Assert.True(deadline.IsExpired);
    }

    [Fact]
    public async Task ADisconnectIsNotATimeout()
    {
        using var client = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = client.Token };
        using var deadline = RequestDeadline.Set(context, Long);

        await client.CancelAsync();

        Assert.True(context.RequestAborted.IsCancellationRequested);
        Assert.False(deadline.IsExpired);
    }

    [Fact]
    public void ALiftedDeadlineKeepsTheClientsToken()
    {
        using var client = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = client.Token };
        using var deadline = RequestDeadline.Set(context, Long);

        deadline.Remove(context);

        Assert.Equal(client.Token, context.RequestAborted);
    }

    private static async Task UntilCancelledAsync(HttpContext context) =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted));
}
