namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A server in the race.</summary>
/// <param name="Name">Its name in the tables.</param>
/// <param name="Command">Makes the program and arguments for each start.</param>
internal sealed record Contender(string Name, Func<string[]> Command)
{
    public const string ModelName = "race";
    public const string ServerProcessor = "0";
    public const string LoadProcessor = "1";

    /// <summary>
    /// The portable build with the shipped settings: batching, request log, gRPC and all checks are on.
    /// </summary>
    public static Contender Ours(RaceFiles files) =>
        new("ours", () => ["dotnet", Checkout.Service, .. SettingsOf(files.Models, ModelName)]);

    /// <summary>The same build of an earlier commit.</summary>
    public static Contender Earlier(RaceFiles files) =>
        new("earlier", () => ["dotnet", Checkout.EarlierService, .. SettingsOf(files.Models, ModelName)]);

    public static Contender? OursNative(RaceFiles files) =>
        Checkout.NativeService is { } service
            ? new("ours, Native AOT", () => [service, .. SettingsOf(files.Models, ModelName)])
            : null;

    public static Contender Floor { get; } = new("floor", () => ["dotnet", Checkout.Contender("Floor")]);

    public static Contender Naive { get; } = new("naive", () => ["dotnet", Checkout.Contender("Naive")]);

    public static Contender MlNet { get; } = new("ML.NET", () => ["dotnet", Checkout.Contender("MlNet")]);

    public static Contender Node { get; } =
        new("node", () => ["node", Path.Combine(Checkout.Root, "bench", "http", "node", "server.js")]);

    /// <summary>
    /// Settings that differ from the shipped ones: gRPC's port, so that several instances can run at once, and the
    /// models if they are given.
    /// </summary>
    public static string[] SettingsOf(string? models = null, string? defaultModel = null) =>
    [
        $"--Grpc:Url=http://127.0.0.1:{ServerProcess.FreePort()}",
        .. models is null ? [] : (string[])[$"--Models:Folder={models}"],
        .. defaultModel is null ? [] : (string[])[$"--Models:Default={defaultModel}"],
    ];

    public static Dictionary<string, string> EnvironmentOf(RaceFiles files) => new()
    {
        ["BENCH_MODEL"] = files.Model,
        ["BENCH_CIFAR_MODEL"] = Checkout.Shipped("cifar10/1"),
        ["BENCH_IMAGE"] = PostedBody.Seven.Path,
        ["BENCH_SOFTMAX_REQUEST"] = files.JsonLogits,
        ["BENCH_SOFTMAX_REPLY"] = files.SoftmaxReply,
        ["BENCH_CLASSIFY_REPLY"] = files.ClassifyReply,

        // Ours disables it anyway; no contender should pay for it.
        ["ORT_DISABLE_TELEMETRY"] = "1",
    };

    /// <param name="files">The files that it serves.</param>
    /// <param name="processors">The processors, as <c>taskset -c</c> takes them; null for all.</param>
    /// <param name="environment">Environment variables in addition to those of the race.</param>
    public ServerProcess Launch(
        RaceFiles files,
        string? processors,
        params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var variables = EnvironmentOf(files);
        foreach (var (name, value) in environment)
        {
            variables[name] = value;
        }

        var log = Path.Combine(files.Folder, $"{Path.GetRandomFileName()}.log");
        return ServerProcess.Start(Command(), processors, variables, log);
    }

    public async Task<ServerProcess> StartAsync(
        RaceFiles files,
        string? processors,
        params (string Name, string Value)[] environment)
    {
        var server = Launch(files, processors, environment);
        try
        {
            await server.WaitUntilAsync(async client => await Answer.ToSevenAsync(client) is not null);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
