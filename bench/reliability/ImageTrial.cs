using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// Hundreds of thousands of images assembled part by part. Processes with a checked native heap decode each one twice,
/// with different bytes in fresh memory; some also go over HTTP to a service whose heap is checked.
/// </summary>
internal static class ImageTrial
{
    public const string DecodeCommand = "decode-images";
    public const string ProbeCommand = "overrun-heap";

    private const int Batch = 4_000;
    private const int Workers = 2;
    private const int HttpClients = 8;
    private const int RecordLength = 11;
    private const int MostFailures = 50;
    private const int Aborted = 134; // 128 and SIGABRT
    private static readonly int[] Fills = [165, 90];

    private static readonly string Program = typeof(ImageTrial).Assembly.Location;

    public static async Task<int> RunAsync(Options options)
    {
        var (count, seed) = ((long)options.Number("count", 200_000), (int)options.Number("seed", 1));
        var (first, http) = ((long)options.Number("first", 0), (long)options.Number("http", count / 10.0));
        if (await StartAsync(Fills[0], "", ProbeCommand) != Aborted)
        {
            throw new InvalidOperationException(
                "The native heap is not checked: glibc's libc_malloc_debug.so.0 is required.");
        }

        var failures = new ConcurrentQueue<(long Number, string Reason)>();
        var clock = Stopwatch.StartNew();
        var results = new List<Record[]>();
        foreach (var fill in Fills)
        {
            results.Add(await DecodeAsync(fill, seed, first, count, failures));
        }

        for (var i = 0L; i < count; i++)
        {
            if (results[0][i].Hash != results[1][i].Hash && failures.All(failure => failure.Number != first + i))
            {
                failures.Enqueue((first + i, "the tensor depends on uninitialised memory"));
            }
        }

        var decoded = clock.Elapsed;
        var overHttp = http > 0 ? await SendOverHttpAsync(seed, first, http, failures) : "";
        foreach (var (number, reason) in failures.OrderBy(failure => failure.Number).Take(MostFailures))
        {
            var line = $"image {number}: {reason}; saved as {Save(seed, number)}";
            Console.Error.WriteLine(line);
        }

        return await Report.WriteAsync(
            "Images",
            Method(count, seed),
            string.Create(CultureInfo.InvariantCulture, $"""
                | format | files | accepted | rejected | accepted by some inputs |
                |---|---|---|---|---|
                {Rows(results[0])}

                - Files that crashed a process, threw anything but a rejection, gave a pixel out of range, or gave a
                  different tensor with different memory: {failures.Count}.
                - Each file was decoded twice for each of two inputs: {4 * count} decodes in
                  {decoded.TotalMinutes:F1} minutes on {Workers} cores.
                {overHttp}
                """),
            failures.IsEmpty);
    }

    private static string Method(long count, int seed) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"`run images --count={count} --seed={seed}`: files assembled marker by marker and chunk by chunk (JPEG: "
                + $"every frame type, precision, number of components and sampling factor; PNG: every depth and colour "
                + $"type, chunks in any order; WebP: canvas, frames and alpha; GIF: screens and frames; BMP: every "
                + $"header and compression; ICO: wrong directories), the same for the same seed. Each goes to the "
                + $"inputs of two of {ImageSetups.All.Count} models, of {string.Join(", ", ImageSetups.Sides)} pixels, "
                + $"grey and RGB, in processes under `MALLOC_CHECK_=3` and `libc_malloc_debug.so.0`; a deliberate "
                + $"overrun first shows that these detect one. Everything runs with `MALLOC_PERTURB_={Fills[0]}` and "
                + $"again with {Fills[1]}, and the tensors are compared.");

    /// <summary>
    /// Runs in a process of the trial: decodes a batch and writes a record after each image. If an image crashes the
    /// process, the number of records tells which one it was.
    /// </summary>
    public static int Decode(Options options)
    {
        var (seed, first, count) = (
            (int)options.Number("seed", 1), (long)options.Number("first", 0), (long)options.Number("count", 1));
        var path = options.Text("out") ?? throw new ArgumentException("--out is missing.");
        using var records = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var check = new ImageCheck();
        var record = new byte[RecordLength];
        for (var number = first; number < first + count; number++)
        {
            var image = MadeImage.Make(seed, number);
            var outcome = check.Try(number, image.Bytes);
            if (outcome.Fault is not null)
            {
                File.AppendAllText($"{path}.faults", $"{number} {outcome.Fault.ReplaceLineEndings(" ")}\n");
            }

            (record[0], record[1], record[2]) = ((byte)image.FormatIndex, (byte)outcome.Read, (byte)outcome.Rejected);
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(3), outcome.Hash);
            records.Write(record);
        }

        return 0;
    }

    /// <summary>
    /// Writes a byte past the end of a block of native memory and frees it; only a checked heap notices.
    /// </summary>
    public static unsafe int OverrunHeap()
    {
        var block = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(100);
        block[104] ^= 0xFF;
        System.Runtime.InteropServices.NativeMemory.Free(block);
        return 0;
    }

    private static async Task<int> StartAsync(int fill, string errorsTo, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardError = true };
        foreach (var (name, value) in HeapCheck.Environment(fill))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!; // null only with UseShellExecute
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (errorsTo.Length > 0 && errors.Length > 0)
        {
            await File.AppendAllTextAsync(errorsTo, errors);
        }

        return process.ExitCode;
    }

    private static async Task<Record[]> DecodeAsync(
        int fill, int seed, long first, long count, ConcurrentQueue<(long Number, string Reason)> failures)
    {
        var folder = Directory.CreateTempSubdirectory("softmax-images-").FullName;
        var results = new Record[count];
        var nextBatch = -1L;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Increment(ref nextBatch) * Batch is var start && start < count
                    && failures.Count < MostFailures)
                {
                    var end = Math.Min(start + Batch, count);
                    while (start < end && failures.Count < MostFailures)
                    {
                        var path = Path.Combine(folder, $"{start}");
                        start = await DecodeBatchAsync(fill, seed, first, start, end, path, results, failures);
                    }
                }
            })));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return results;
    }

    /// <returns>Where to continue: after the image that crashed the process, if one did.</returns>
    private static async Task<long> DecodeBatchAsync(
        int fill, int seed, long first, long start, long end, string path, Record[] results,
        ConcurrentQueue<(long Number, string Reason)> failures)
    {
        var exit = await StartAsync(
            fill, $"{path}.errors", DecodeCommand, Argument("seed", seed), Argument("first", first + start),
            Argument("count", end - start), $"--out={path}");
        var records = File.Exists(path) ? await File.ReadAllBytesAsync(path) : [];
        var done = records.Length / RecordLength;
        for (var i = 0; i < done; i++)
        {
            var record = records.AsSpan(i * RecordLength, RecordLength);
            results[start + i] = new Record(
                record[0], record[1], record[2], BinaryPrimitives.ReadUInt64LittleEndian(record[3..]));
        }

        if (File.Exists($"{path}.faults"))
        {
            foreach (var fault in await File.ReadAllLinesAsync($"{path}.faults"))
            {
                var space = fault.IndexOf(' ', StringComparison.Ordinal);
                failures.Enqueue((long.Parse(fault[..space], CultureInfo.InvariantCulture), fault[(space + 1)..]));
            }
        }

        if (exit == 0 && done == end - start)
        {
            return end;
        }

        var errors = File.Exists($"{path}.errors") ? (await File.ReadAllTextAsync($"{path}.errors"))
            .ReplaceLineEndings(" ") : "";
        failures.Enqueue(
            (first + start + done,
            string.Create(CultureInfo.InvariantCulture,
            $"the process ended with {exit}: {errors[..Math.Min(errors.Length, 200)]}")));
        return start + done + 1;
    }

    private static async Task<string> SendOverHttpAsync(
        int seed, long first, long count, ConcurrentQueue<(long Number, string Reason)> failures)
    {
        var folder = Directory.CreateTempSubdirectory("softmax-models-").FullName;
        try
        {
            var models = ImageModels.Save(folder);
            await using var service = await ServiceProcess.StartAsync(new ServiceSetup
            {
                Settings = [$"--Models:Folder={folder}",
                    string.Create(CultureInfo.InvariantCulture, $"--Limits:MaxImagePixels={ImageSetups.MaxPixels}")],
                Environment = HeapCheck.Environment(Fills[0]),
            });
            using var client = new HttpClient { BaseAddress = service.Address };
            var statuses = new ConcurrentDictionary<int, long>();
            var next = -1L;
            await Task.WhenAll(Enumerable.Range(0, HttpClients).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Increment(ref next) is var i && i < count && !service.HasExited
                    && failures.Count < MostFailures)
                {
                    var image = MadeImage.Make(seed, first + i);
                    using var content = new ByteArrayContent(image.Bytes);
                    content.Headers.ContentType = new MediaTypeHeaderValue(image.MediaType);
                    try
                    {
                        using var answer = await client.PostAsync(
                            new Uri($"/classify?model={models[(int)(i % models.Count)]}", UriKind.Relative), content);
                        var status = (int)answer.StatusCode;
                        statuses.AddOrUpdate(status, 1, (_, so) => so + 1);
                        if (status >= 500)
                        {
                            failures.Enqueue((first + i, $"{status} over HTTP"));
                        }
                    }
                    catch (HttpRequestException exception)
                    {
                        failures.Enqueue(
                            (first + i, $"no answer over HTTP, to it or a concurrent one: {exception.Message}"));
                    }
                }
            })));
            var answers = string.Join(
                ", ", statuses.OrderBy(status => status.Key)
                .Select(status => string.Create(CultureInfo.InvariantCulture, $"{status.Value} × {status.Key}")));
            return $"- Over HTTP, to a service with {models.Count} models under the same checks: {answers}. The "
                + $"process {(service.HasExited ? "EXITED" : "is alive")}; errors in its log: {service.LoggedErrors}.";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Argument(string name, long value) =>
        string.Create(CultureInfo.InvariantCulture, $"--{name}={value}");

    private static string Save(int seed, long number)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "fuzz"));
        var path = Path.Combine(
            folder.FullName, string.Create(CultureInfo.InvariantCulture, $"image-{seed}-{number}.bin"));
        File.WriteAllBytes(path, MadeImage.Make(seed, number).Bytes);
        return path;
    }

    private static string Rows(Record[] records)
    {
        var rows = new StringBuilder();
        foreach (var (index, format) in MadeImage.Formats.Index())
        {
            var all = records.Where(record => record.Format == index && record.Read + record.Rejected > 0).ToArray();
            rows.Append(
                CultureInfo.InvariantCulture,
                $"| {format} | {all.Length} | {all.Count(record => record.Rejected == 0)} | "
                    + $"{all.Count(record => record.Read == 0)} | "
                    + $"{all.Count(record => record is { Read: > 0, Rejected: > 0 })} |\n");
        }

        return rows.ToString().TrimEnd();
    }

    private readonly record struct Record(byte Format, byte Read, byte Rejected, ulong Hash);
}
