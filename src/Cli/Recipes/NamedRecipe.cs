using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Recipes;

/// <summary>How a well-known library or data set prepares images, by a name for the command line.</summary>
/// <param name="Name">The name, such as <c>torchvision</c>.</param>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Source">Where its numbers come from.</param>
/// <param name="Values">The scaling, always all of scale, mean and standard deviation.</param>
internal sealed record NamedRecipe(string Name, string Summary, string Source, PixelScaling Values)
{
    /// <summary>The order of colours; null where the recipe says nothing about it.</summary>
    public PixelColor? Color { get; init; }

    /// <summary>How images are resized; null where the recipe says nothing about it.</summary>
    public ManifestInput? Framing { get; init; }

    /// <summary>The crop's share of the resized image's shorter side; null where the recipe has no crop.</summary>
    public double? CropShare { get; init; }

    /// <summary>Whether its numbers fit so many channels.</summary>
    public bool Fits(int channels) => Values.Fits(channels) && (channels == 3 || Color is null or PixelColor.Rgb);

    /// <summary>The fields of a manifest's <c>input</c> that it states for a model's size.</summary>
    /// <param name="channels">1 or 3.</param>
    /// <param name="height">The model's height.</param>
    /// <param name="width">The model's width.</param>
    public ManifestInput For(int channels, int height, int width) => (Framing ?? new ManifestInput()) with
    {
        Color = channels == 3 ? Color : null,
        Scale = Values.Scale,
        Mean = Values.Mean,
        Std = Values.Std,
        ResizeTo = CropShare is { } share
            ? ResizeTarget.Shorter((int)Math.Floor(Math.Min(height, width) / share))
            : null,
    };
}
