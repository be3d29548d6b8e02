using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.Tests.Support.Fuzz;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// Sends image files for an hour to one process whose native heap is checked, over every route that takes an image:
/// files assembled part by part, files found elsewhere, and damaged copies of those.
/// </summary>
internal static class AttackTrial
{
    private const int Clients = 6;
    private const int MostFailures = 50;
    private const int Fill = 165;
    private const int LargestFoundFile = 9_000_000; // below Limits:MaxRequestBodyBytes
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(60);
    private static readonly string[] Origins = ["made", "found", "found, damaged"];
    private static readonly string[] Routes = ["/classify", "/classify, form", "/classify, JSON", "/preprocess", "/v2"];

    public static async Task<int> RunAsync(Options options)
    {
        var (minutes, seed) = (options.Number("minutes", 60), (int)options.Number("seed", 1));
        byte[][] found = options.Text("found") is { } foundIn ? Read(foundIn) : [];
        var folder = Directory.CreateTempSubdirectory("softmax-models-").FullName;
        try
        {
            var models = ImageModels.Save(folder);
            await using var service = await ServiceProcess.StartAsync(new ServiceSetup
            {
                Settings = [$"--Models:Folder={folder}"],
                Environment = HeapCheck.Environment(Fill),
            });
            using var client = new HttpClient { BaseAddress = service.Address, Timeout = LongestAnswer };
            var attack = new Attack(client, models, found, seed);
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
            {
                while (clock.Elapsed.TotalMinutes < minutes && !service.HasExited
                    && attack.Failures.Count < MostFailures)
                {
                    await attack.SendNextAsync();
                }
            })));
            return await WriteReportAsync(attack, service, minutes, seed, found.Length, models.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[][] Read(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(path => new FileInfo(path).Length is > 0 and < LargestFoundFile)
            .Select(File.ReadAllBytes),
    ];

    private static async Task<int> WriteReportAsync(
        Attack attack, ServiceProcess service, double minutes, int seed, int foundCount, int modelCount)
    {
        foreach (var failure in attack.Failures)
        {
            Console.Error.WriteLine(failure);
        }

        var rows = new StringBuilder();
        foreach (var origin in Origins)
        {
            var counts = Routes.Select(route => Statuses(attack, origin, route));
            rows.Append(CultureInfo.InvariantCulture, $"| {origin} | {string.Join(" | ", counts)} |\n");
        }

        return await Report.WriteAsync(
            "Attack",
            string.Create(CultureInfo.InvariantCulture, $"""
                `run attack --minutes={minutes} --seed={seed}`: one process with {modelCount} models of
                {string.Join(", ", ImageSetups.Sides)} pixels, grey and RGB, under `MALLOC_CHECK_=3`,
                `libc_malloc_debug.so.0` and `MALLOC_PERTURB_={Fill}`, and {Clients} clients. Files are assembled part
                by part as for `images`; {foundCount} more are images from the tests of public repositories, as they
                are and with one to four faults.
                """).ReplaceLineEndings(" "),
            string.Create(CultureInfo.InvariantCulture, $"""
                | files | {string.Join(" | ", Routes.Select(route => $"`{route}`"))} |
                |---|{string.Concat(Routes.Select(_ => "---|"))}
                {rows}
                - Requests: {attack.Sent}. The slowest answer took {attack.SlowestSeconds:F1} s.
                - Answers of 5xx, and requests without an answer: {attack.Failures.Count}.
                - The process {(service.HasExited ? "EXITED" : "is alive")}; errors in its log: {service.LoggedErrors}.
                - Resident at the end: {(service.HasExited ? 0 : service.Resources.Megabytes):F0} MB.
                """),
            attack.Failures.IsEmpty && !service.HasExited && service.LoggedErrors == 0);
    }

    private static string Statuses(Attack attack, string origin, string route) => string.Join(", ", attack.Answers
        .Where(answer => answer.Key.Origin == origin && answer.Key.Route == route)
        .OrderBy(answer => answer.Key.Status)
        .Select(answer => string.Create(CultureInfo.InvariantCulture, $"{answer.Value} × {answer.Key.Status}")));

    private sealed class Attack(HttpClient client, List<string> models, byte[][] found, int seed)
    {
        private long _next;
        private long _slowestTicks;

        public ConcurrentQueue<string> Failures { get; } = new();

        public ConcurrentDictionary<(string Origin, string Route, int Status), long> Answers { get; } = new();

        public long Sent => Interlocked.Read(ref _next);

        public double SlowestSeconds => TimeSpan.FromTicks(Interlocked.Read(ref _slowestTicks)).TotalSeconds;

        public async Task SendNextAsync()
        {
            var number = Interlocked.Increment(ref _next) - 1;
            var random = new Random(unchecked((int)(((seed * 1_000_003L) + number) * 2_654_435_761L >> 7)));
            var (origin, bytes) = FileOf(number, random);
            var route = Routes[random.Next(Routes.Length)];
            var model = models[random.Next(models.Count)];
            var started = Stopwatch.GetTimestamp();
            try
            {
                using var request = RequestOf(route, model, bytes);
                using var answer = await client.SendAsync(request);
                var status = (int)answer.StatusCode;
                Answers.AddOrUpdate((origin, route, status), 1, (_, count) => count + 1);
                if (status >= 500)
                {
                    var code = status.ToString(CultureInfo.InvariantCulture);
                    Fail(number, bytes, $"{route} of {model} answered {code}");
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                Fail(number, bytes, $"{route} of {model} gave no answer: {exception.Message}");
            }

            KeepSlowest(Stopwatch.GetElapsedTime(started).Ticks);
        }

        private (string Origin, byte[] Bytes) FileOf(long number, Random random)
        {
            if (found.Length == 0 || random.Next(2) == 0)
            {
                return (Origins[0], MadeImage.Make(seed, number).Bytes);
            }

            var file = found[random.Next(found.Length)];
            return random.Next(3) == 0 ? (Origins[1], file) : (Origins[2], ByteMutation.DamageImage(random, file));
        }

        private static HttpRequestMessage RequestOf(string route, string model, byte[] bytes)
        {
            var raw = new ByteArrayContent(bytes);
            raw.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Octet);
            var (path, content) = route switch
            {
                "/classify" => ($"/classify?model={model}", (HttpContent)raw),
                "/classify, form" => (
                    $"/classify?model={model}",
                    new MultipartFormDataContent { { raw, "f", "a" }, { new ByteArrayContent(bytes), "f", "b" } }),
                "/classify, JSON" => (
                    $"/classify?model={model}",
                    Json($$"""{"image": "{{Convert.ToBase64String(bytes)}}"}""")),
                "/preprocess" => ($"/preprocess?model={model}", raw),
                _ => (
                    $"/v2/models/{model}/infer",
                    Json($$"""
                        {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1],
                        "data": ["{{Convert.ToBase64String(bytes)}}"]}]}
                        """)),
            };
            return new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        }

        private static StringContent Json(string text) => new(text, Encoding.UTF8, MediaTypeNames.Application.Json);

        private void KeepSlowest(long ticks)
        {
            var slowest = Interlocked.Read(ref _slowestTicks);
            while (ticks > slowest)
            {
                var before = Interlocked.CompareExchange(ref _slowestTicks, ticks, slowest);
                if (before == slowest)
                {
                    return;
                }

                slowest = before;
            }
        }

        private void Fail(long number, byte[] bytes, string reason)
        {
            var folder = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "fuzz"));
            var name = string.Create(CultureInfo.InvariantCulture, $"attack-{seed}-{number}.bin");
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllBytes(path, bytes);
            Failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"file {number}: {reason}; saved as {path}"));
        }
    }
}
