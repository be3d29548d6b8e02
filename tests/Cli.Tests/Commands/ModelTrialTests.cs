using System.Diagnostics;
using SoftmaxService.Cli.Models;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Cli.Tests.Commands;

/// <summary>Models that would end the process that opens them.</summary>
public sealed class ModelTrialTests : IDisposable
{
    private const string Manifest = """{"output": {"kind": "logits"}}""";

    private static readonly string Program =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "softmax.exe" : "softmax");

    private readonly ModelFolder _models = new();

    public void Dispose() => _models.Dispose();

    [CrashingFact]
    public async Task InspectSaysThatAModelCrashes()
    {
        _models.With("crashing/1", CostlyModels.Crashing(), Manifest);

        var (code, output, error) = await RunAsync("inspect", PathOf("crashing"));

        Assert.Equal(1, code);
        Assert.Contains("- it crashes ONNX Runtime: a process that loaded it", output, StringComparison.Ordinal);
        Assert.Contains("signal 8", output, StringComparison.Ordinal);
        Assert.Contains("the service would not serve this model.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InspectNeedsNoFolderForTemporaryFiles()
    {
        _models.With("good/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest);

        var (code, output, error) = await RunInAsync(
            Path.Combine(_models.Path, "missing"), "inspect", PathOf("good"));

        Assert.True(code == 0, error);
        Assert.Contains("logits of 3 classes", output, StringComparison.Ordinal);
    }

    [CrashingFact]
    public async Task ImportLeavesNothingOfAModelThatCrashes()
    {
        _models.With("crashing/1", CostlyModels.Crashing(), Manifest);
        using var target = new ModelFolder();

        var (code, _, error) = await RunAsync("import", PathOf("crashing"), "--models", target.Path);

        Assert.Equal(1, code);
        Assert.Contains("it crashes ONNX Runtime", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target.Path));
    }

    [Fact]
    public async Task AModelThatDoesNotEndIsTold()
    {
        _models.With("endless/1", SmallModels.Endless(), Manifest);

        var fault = await FaultOfAsync("endless", TimeSpan.FromSeconds(2));

        Assert.StartsWith("it was not ready to serve within 2 s", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatLoadsOrIsRejectedWithAReasonMayBeOpened()
    {
        _models
            .With("good/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest)
            .With("bad/1", "no model"u8, Manifest);

        Assert.Null(await FaultOfAsync("good", TimeSpan.FromMinutes(2)));
        Assert.Null(await FaultOfAsync("bad", TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task ATrialIsStopped()
    {
        _models.With("endless/1", SmallModels.Endless(), Manifest);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => FaultOfAsync("endless", TimeSpan.FromMinutes(2), stop.Token));
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        RunInAsync(Path.GetTempPath(), arguments);

    private static async Task<(int Code, string Output, string Error)> RunInAsync(
        string temporaryFolder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[OperatingSystem.IsWindows() ? "TMP" : "TMPDIR"] = temporaryFolder;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private string PathOf(string name) => Path.Combine(_models.Path, name, "1");

    private Task<string?> FaultOfAsync(string name, TimeSpan limit, CancellationToken cancellationToken = default) =>
        ModelTrial.FindFaultAsync(Program, PathOf(name), ClassifierModel.OnnxFileName, limit, cancellationToken);
}
