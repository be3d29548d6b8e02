using System.Text.Json;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Cli.Tests.Commands;

public sealed class InspectCommandTests
{
    [Fact]
    public async Task AModelIsShownAsItIsServed()
    {
        using var data = new PickFirstData();

        var run = await CommandRun.OfAsync("inspect", data.ModelPath, "--json");

        var found = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("[?, 1, 2, 2]", found.GetProperty("inputs")[0].GetProperty("shape").GetString());
        Assert.Equal("NCHW", found.GetProperty("served").GetProperty("layout").GetString());
        Assert.Equal(
            ["a", "b", "c"],
            found.GetProperty("served").GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal("float", found.GetProperty("served").GetProperty("elementType").GetString());
        Assert.Equal(
            "it is the graph's only output",
            found.GetProperty("served").GetProperty("outputReason").GetString());
        Assert.True(found.GetProperty("served").GetProperty("outputKindIsDetected").GetBoolean());
        Assert.Equal(8, found.GetProperty("served").GetProperty("maxBatchSize").GetInt32());
        Assert.Equal(
            "model.json: labels",
            found.GetProperty("served").GetProperty("sources").GetProperty("labels").GetString());
        Assert.Equal(
            "assumed",
            found.GetProperty("served").GetProperty("sources").GetProperty("input.mean").GetString());
        Assert.Contains(
            "Set \"foreground\"",
            Assert.Single(found.GetProperty("warnings").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        Assert.Contains(
            found.GetProperty("notes").EnumerateArray(),
            note => note.GetString()!.Contains("not calibrated", StringComparison.Ordinal));
        Assert.DoesNotContain(
            found.GetProperty("notes").EnumerateArray(),
            note => note.GetString()!.Contains("foreground", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("8", "8", "crop, of 8, offset down")]
    [InlineData("[8, 9]", "[8, 9]", "crop, of [8, 9], offset down")]
    public async Task ARecipeIsShownAsItsManifestSaysIt(string resizeTo, string inJson, string inWords)
    {
        using var models = new ModelFolder();
        models.With("pick/1", ModelFolder.PickFirst(3, 4, "batch", 1, 2, 2), $$"""
            { "input": { "resize": "crop", "resizeTo": {{resizeTo}}, "cropOffset": "down", "filter": "bicubic",
              "antialias": false, "round": true, "fill": [7], "background": [1, 2, 3] } }
            """);
        var path = Path.Combine(models.Path, "pick", "1");

        var served = JsonDocument.Parse((await CommandRun.OfAsync("inspect", path, "--json")).Output)
            .RootElement.GetProperty("served");
        var text = (await CommandRun.OfAsync("inspect", path)).Output;

        Assert.Equal(JsonSerializer.Serialize(JsonDocument.Parse(inJson)), Compact("resizeTo"));
        Assert.Equal("\"down\"", Compact("cropOffset"));
        Assert.Equal("\"bicubic\"", Compact("filter"));
        Assert.Equal("false", Compact("antialias"));
        Assert.Equal("true", Compact("round"));
        Assert.Equal("[7,7,7]", Compact("fill"));
        Assert.Equal("[1,2,3]", Compact("background"));
        Assert.Contains(inWords, text, StringComparison.Ordinal);
        Assert.Contains("bicubic, no antialias, rounded", text, StringComparison.Ordinal);
        Assert.Contains("[1, 2, 3]", text, StringComparison.Ordinal);

        string Compact(string name) => JsonSerializer.Serialize(served.GetProperty(name));
    }

    [Fact]
    public async Task WhatIsAssumedIsAWarning()
    {
        using var models = new ModelFolder();
        models.With("pick/1", ModelFolder.PickFirst(3, 4, "batch", 1, 2, 2), "{}");

        var run = await CommandRun.OfAsync("inspect", Path.Combine(models.Path, "pick", "1"));

        Assert.Contains("Warnings", run.Output, StringComparison.Ordinal);
        Assert.Contains("No file says how pixels are scaled", run.Output, StringComparison.Ordinal);
        Assert.Contains("called by their numbers, 0 to 2", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AManifestThatContradictsItsGraphIsAProblem()
    {
        using var models = new ModelFolder();
        models.With("pick/1", ModelFolder.PickFirst(3, 4, "batch", 1, 2, 2), """{ "labels": ["only one"] }""");

        var run = await CommandRun.OfAsync("inspect", Path.Combine(models.Path, "pick", "1"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 labels, but the graph's output has 3 classes", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsNotAModelIsRejected()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(1, (await CommandRun.OfAsync("inspect", folder.Write("1/model.onnx", "no model"))).ExitCode);
    }
}
