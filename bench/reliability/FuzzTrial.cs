using System.Globalization;
using System.Text;
using SoftmaxService.Benchmarks;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>Sends hundreds of thousands of damaged requests.</summary>
internal static class FuzzTrial
{
    private const int Clients = 16;
    private const double LargestGrowth = 1.1;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);
    private static readonly string[] Outcomes = ["2xx", "3xx", "4xx", "503…505", "closed"];

    public static async Task<int> RunAsync(Options options)
    {
        var (count, seed) = ((long)options.Number("requests", 100_000), (int)options.Number("seed", 1));
        var grpcPort = ServerProcess.FreePort();
        await using var service = await ServiceProcess.StartAsync(
            processor: null,
            string.Create(CultureInfo.InvariantCulture, $"--Grpc:Url=http://127.0.0.1:{grpcPort}"));
        if (options.Text("replay") is { } file)
        {
            return await ReplayAsync(file, service, grpcPort);
        }

        // The baseline is a service that has seen every kind of request, made from another seed.
        await new Fuzzer(service.Address.Port, grpcPort, seed + 1).RunAsync(0, Math.Max(2_000, count / 4), Clients);
        await Task.Delay(Rest);
        var before = service.Resources;

        var fuzzer = new Fuzzer(service.Address.Port, grpcPort, seed);
        var running = fuzzer.RunAsync((long)options.Number("first", 0), count, Clients);
        List<double> megabytes = [];
        while (!running.IsCompleted && !service.HasExited)
        {
            megabytes.Add(service.Resources.Megabytes);
            await Task.WhenAny(running, Task.Delay(250));
        }

        await running;
        foreach (var failure in fuzzer.Failures)
        {
            Console.Error.WriteLine($"{failure}; saved as {Save(failure, seed)}");
        }

        await Task.Delay(Rest);
        var after = service.HasExited ? null : service.Resources;

        // A single reading varies by a gen-0 budget with the collector's cycle, so medians are compared.
        var quarters = megabytes
            .Chunk(Math.Max(1, (megabytes.Count + 3) / 4))
            .Select(quarter => Medians.Of(quarter))
            .ToArray();
        var isPassed =
            fuzzer.Failures.Count == 0
            && fuzzer.Sent == count
            && after is not null
            && quarters[^1] <= quarters[0] * LargestGrowth
            && service.LoggedErrors == 0;
        var quarterMedians = string.Join(
            ", ",
            quarters.Select(quarter => quarter.ToString("F0", CultureInfo.InvariantCulture)));
        return await Report.WriteAsync(
            "Fuzz",
            $"`run fuzz --requests={count} --seed={seed}`: {Clients} concurrent clients send requests over raw "
                + "sockets. Each request is valid except for one to four faults, and the same for the same seed. "
                + "Images are PNG, JPEG, WebP, GIF, BMP and ICO with every kind of pixel.",
            string.Create(CultureInfo.InvariantCulture, $"""
                | damaged | requests | {string.Join(" | ", Outcomes)} |
                |---|---|{string.Concat(Outcomes.Select(_ => "---|"))}
                {Rows(fuzzer)}
                - Failed requests: {fuzzer.Failures.Count}. These are answers of 5xx (except 503, 504, and 505 for
                  another version of HTTP), gRPC's UNKNOWN, no answer within 30 s, no answer to a correctly framed
                  request, and a rejection that is not our problem document. gRPC's rejections count as 4xx.
                - The process {(service.HasExited ? "EXITED" : "is alive")}; errors in its log: {service.LoggedErrors}.
                - The slowest request took {fuzzer.Slowest.Milliseconds:F0} ms (number {fuzzer.Slowest.Number}).
                - Resident memory, median of each quarter of the run: {quarterMedians} MB; peak {megabytes.Max():F0} MB.
                  It was {before.Megabytes:F0} MB before the run, after a quarter as many damaged requests from another
                  seed, and {after?.Megabytes:F0} MB {Rest.TotalSeconds} s after it. The last quarter may be at most
                  {LargestGrowth} times the first.
                - Threads before and after: {before.Threads} and {after?.Threads}; handles: {before.Handles} and
                  {after?.Handles}.
                """),
            isPassed);
    }

    private static async Task<int> ReplayAsync(string file, ServiceProcess service, int grpcPort)
    {
        var bytes = await File.ReadAllBytesAsync(file);
        var isHttp2 = bytes.AsSpan().StartsWith(GrpcCall.Preface);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await RawConnection.OpenAsync(isHttp2 ? grpcPort : service.Address.Port, limit.Token);
        var answer = isHttp2
            ? await connection.CallAsync(bytes, mayBeIncomplete: true, limit.Token)
            : await connection.RequestAsync(bytes, mayBeIncomplete: true, limit.Token);
        Console.WriteLine(
            answer is null
                ? "closed without an answer"
                : $"{answer.Status} {answer.MediaType}, gRPC {answer.GrpcStatus}\n"
                    + $"{Encoding.UTF8.GetString(answer.Body)}");
        return 0;
    }

    private static string Save(FuzzFailure failure, int seed)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "fuzz"));
        var path = Path.Combine(
            folder.FullName,
            string.Create(CultureInfo.InvariantCulture, $"{seed}-{failure.Request.Number}.bin"));
        File.WriteAllBytes(path, failure.Request.Bytes);
        return path;
    }

    private static string Rows(Fuzzer fuzzer)
    {
        var rows = new StringBuilder();
        foreach (var kind in Enum.GetValues<FuzzKind>())
        {
            long[] counts = [.. Outcomes.Select(outcome => fuzzer.Outcomes.GetValueOrDefault((kind, outcome)))];
            rows.Append(
                CultureInfo.InvariantCulture,
                $"| {Describe(kind)} | {counts.Sum()} | {string.Join(" | ", counts)} |\n");
        }

        return rows.ToString();
    }

    private static string Describe(FuzzKind kind) => kind switch
    {
        FuzzKind.Image => "image",
        FuzzKind.Form => "form of images",
        FuzzKind.Json => "JSON of `/classify`, `/softmax`, `/softmax/gradient`, `/calibrate`",
        FuzzKind.Floats => "binary floats of `/softmax`",
        FuzzKind.OpenInferenceJson => "`/v2` in JSON, some of it gzipped",
        FuzzKind.OpenInferenceBinary => "`/v2` in binary",
        FuzzKind.Grpc => "gRPC messages",
        FuzzKind.Target => "method, path and query",
        FuzzKind.Header => "headers",
        FuzzKind.Framing => "HTTP/1.1 framing",
        _ => "HTTP/2 frames",
    };
}
