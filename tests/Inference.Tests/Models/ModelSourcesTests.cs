using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Where the fields of a model's description come from, and what is assumed.</summary>
public sealed class ModelSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatNoFileStatesIsAssumedAndAWarning()
    {
        using var model = Load(null);

        Assert.Equal("assumed", model.Sources["input.scale"]);
        Assert.Equal("assumed", model.Sources["input.color"]);
        Assert.Equal("assumed", model.Sources["labels"]);
        Assert.Equal("the graph's shape", model.Sources["input.height"]);
        Assert.Collection(
            model.Warnings,
            warning => Assert.Contains("how pixels are scaled", warning, StringComparison.Ordinal),
            warning => Assert.Contains("in which order the model takes colours", warning, StringComparison.Ordinal),
            warning => Assert.Contains("how an image becomes 64 × 64 pixels", warning, StringComparison.Ordinal),
            warning => Assert.Contains("called by their numbers, 0 to 2", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void WhatTheManifestStatesIsNoWarning()
    {
        using var model = Load(
            """
            {
              "input": { "scale": 0.5, "color": "bgr", "resize": "stretch" },
              "output": { "kind": "logits" },
              "labels": ["a", "b", "c"]
            }
            """);

        Assert.Empty(model.Warnings);
        Assert.Equal("model.json: input.scale", model.Sources["input.scale"]);
        Assert.Equal("model.json: labels", model.Sources["labels"]);
        Assert.Equal("model.json: output.kind", model.Sources["output.kind"]);
    }

    private ClassifierModel Load(string? manifest)
    {
        _folder.Write("1/model.onnx", ModelFolder.PickFirst(3, 3 * 64 * 64, "batch", 3, 64, 64));
        if (manifest is not null)
        {
            _folder.Write("1/model.json", manifest);
        }

        return ClassifierModel.Load(Path.Combine(_folder.Path, "1"), "pick", "1", new ModelSettings());
    }
}
