using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>The service where it may open few files, and clients want more connections than that.</summary>
public sealed class FewDescriptorsTests
{
    private const int ConnectionCount = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [FewDescriptorsFact]
    public async Task ItAnswersAfterMoreConnectionsThanItMayOpenFiles()
    {
        using var folder = new TemporaryFolder();
        folder.Write("start", Encoding.UTF8.GetBytes($"""
            #!/bin/sh
            ulimit -n {FewDescriptorsFactAttribute.Limit} && exec '{ServiceProcess.Built}' "$@"

            """));
        var launcher = Path.Combine(folder.Path, "start");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(launcher, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        // Its first requests of all come on these connections: what they need is not in memory yet.
        using var service = ServiceProcess.Start(
            launcher, $"--Models:Folder={Path.Combine(RunningService.RepositoryRoot, "models")}");
        await AttackAsync(service);
        await UntilConnectedAsync(service);

        using (var answer = await service.Client.PostAsync("/classify", Picture()))
        {
            Assert.True(answer.IsSuccessStatusCode, $"{answer}\n{service.Output}");
        }

        foreach (var path in new[] { "/health/ready", "/models", "/metrics", "/swagger/v1/swagger.json", "/" })
        {
            using var answer = await service.Client.GetAsync(path);
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer}\n{service.Output}");
        }

        Assert.Contains(
            $"may have {FewDescriptorsFactAttribute.Limit} files open", service.Output, StringComparison.Ordinal);
    }

    /// <summary>Waits until the service has noticed that connections have ended, and takes another.</summary>
    private static async Task UntilConnectedAsync(ServiceProcess service)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var answer = await service.Client.GetAsync("/health/live", patience.Token);
                return;
            }
            catch (HttpRequestException) when (!patience.IsCancellationRequested)
            {
                await Task.Delay(10, patience.Token);
            }
        }
    }

    private static ByteArrayContent Picture()
    {
        var content = new ByteArrayContent(RunningService.Seven);
        content.Headers.ContentType = new("image/png");
        return content;
    }

    /// <summary>Opens all connections, sends a request on each, and leaves.</summary>
    private static async Task AttackAsync(ServiceProcess service)
    {
        var address = service.Client.BaseAddress!;
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /classify HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
            + $"Content-Length: {RunningService.Seven.Length}\r\n\r\n");
        byte[] request = [.. Encoding.ASCII.GetBytes(head), .. RunningService.Seven];
        using var patience = new CancellationTokenSource(Patience);
        var connections = new List<TcpClient>();
        try
        {
            while (connections.Count < ConnectionCount)
            {
                var connection = new TcpClient();
                connections.Add(connection);
                try
                {
                    await connection.ConnectAsync(address.Host, address.Port, patience.Token);
                }
                catch (SocketException) when (connections.Count == 1)
                {
                    connections.Clear(); // the service does not listen yet
                    await Task.Delay(5, patience.Token);
                }
            }

            foreach (var connection in connections)
            {
                try
                {
                    await connection.GetStream().WriteAsync(request, patience.Token);
                }
                catch (IOException)
                {
                    // The service has closed it.
                }
            }

            // The service has taken all connections once the first is answered and the last is closed or answered.
            foreach (var connection in new[] { connections[0], connections[^1] })
            {
                await ReceiveAsync(connection, patience.Token);
            }
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    private static async Task ReceiveAsync(TcpClient connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.GetStream().ReadAtLeastAsync(new byte[1], 1, false, cancellationToken);
        }
        catch (IOException)
        {
            // The service has closed it.
        }
    }
}

/// <summary>Requires the limit of files that Linux sets for a process.</summary>
internal sealed class FewDescriptorsFactAttribute : FactAttribute
{
    public const int Limit = 400;

    public FewDescriptorsFactAttribute() =>
        Skip = OperatingSystem.IsLinux() ? null : "This test limits a process's open files, which needs Linux.";
}
