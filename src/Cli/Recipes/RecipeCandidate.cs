using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Recipes;

/// <summary>A recipe to try on a model: its numbers, its order of colours, and how images are resized.</summary>
/// <param name="Name">What a table calls it.</param>
/// <param name="Values">From pixels to numbers, in the tensor's order of channels.</param>
/// <param name="Framing">
/// The model's input with this order of colours and this resizing, whose elements are the pixels.
/// </param>
internal sealed record RecipeCandidate(string Name, PixelScaling Values, ImageInput Framing)
{
    public int Channels => Framing.Channels;

    /// <summary>What a model does now.</summary>
    public static RecipeCandidate Present(ImageInput input) => new(
        "present",
        new PixelScaling(input.Scale, input.Mean, input.Std) { Standardize = input.Standardize },
        PixelsOf(input));

    /// <summary>An input whose elements are the pixels themselves.</summary>
    public static ImageInput PixelsOf(ImageInput input) => input with
    {
        Scale = 1,
        Mean = [.. Enumerable.Repeat(0f, input.Channels)],
        Std = [.. Enumerable.Repeat(1f, input.Channels)],
        Standardize = false,
    };

    /// <summary>The numbers in words, as the field in a manifest.</summary>
    public string Describe()
    {
        var color = Channels == 3 ? $", {(Framing.Color == PixelColor.Bgr ? "BGR" : "RGB")}" : "";
        return Values.Standardize
            ? $"each image standardized{(Values.Scale < 0 ? ", inverted" : "")}{color}"
            : $"scale {Numbers(Values.Scale)}, mean {List(Values.Mean)} and std {List(Values.Std)}{color}";
    }

    /// <summary>Whether a recipe's offset of the crop matters and is not what a manifest means without it.</summary>
    public static bool StatesCropOffset(ImageInput recipe) =>
        recipe.ResizeTo is not null || recipe is { Resize: ResizeMode.Crop, CropOffset: CropOffset.Down };

    /// <summary>The fields of a manifest that state it.</summary>
    /// <param name="present">What the model does now: a resizing that stays is not stated.</param>
    public ManifestInput ToManifest(RecipeCandidate present)
    {
        var values = new ManifestInput
        {
            Color = Channels == 3 ? Framing.Color : null,
            Scale = Values.Scale,
            Mean = Values.Mean,
            Std = Values.Std,
            Standardize = Values.Standardize || present.Values.Standardize ? Values.Standardize : null,
        };
        return HasFramingOf(present)
            ? values
            : values with
            {
                Resize = Framing.Resize,
                ResizeTo = Framing.ResizeTo,
                CropOffset = StatesCropOffset(Framing) ? Framing.CropOffset : null,
                ResizeRounding = Framing.ResizeRounding == ResizeRounding.Down ? null : Framing.ResizeRounding,
                Fill = Framing.Fill.All(value => value == 0) ? null : Framing.Fill,
                Filter = Framing.Filter,
                Antialias = Framing.Antialias,
                Round = Framing.Round,
                Foreground = Framing.Foreground,
            };
    }

    /// <summary>Whether images are resized in the same way.</summary>
    public bool HasFramingOf(RecipeCandidate other) => Framing.Resize == other.Framing.Resize
        && Framing.ResizeTo == other.Framing.ResizeTo
        && Framing.Filter == other.Framing.Filter
        && Framing.Antialias == other.Framing.Antialias
        && Framing.Round == other.Framing.Round
        && Framing.Foreground == other.Framing.Foreground;

    private static string List(IReadOnlyList<float> values) => values.Distinct().Count() == 1
        ? Numbers(values[0])
        : $"[{string.Join(", ", values.Select(value => Numbers(value)))}]";

    private static string Numbers(double value) =>
        value.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture);
}
