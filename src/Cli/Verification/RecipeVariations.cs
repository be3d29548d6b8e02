using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>The recipes that are tried: those beside a recipe, which itself comes first.</summary>
internal static class RecipeVariations
{
    // Shares of the shorter side that makers' weights crop: timm's crop_pct, and torchvision's sizes before 224.
    private static readonly double[] CropShares =
        [1, 0.875, 0.9, 0.91, 0.925, 0.94, 0.95, 0.96, 0.965, 0.98, 0.8, 0.78, 0.85];

    // Black, Ultralytics' grey, and two more that makers fill with.
    private static readonly float[] Fills = [0, 114, 127, 255];

    private static readonly bool[] Switches = [true, false];

    private static readonly PixelColor[] Colors = [PixelColor.Rgb, PixelColor.Bgr];

    private static readonly int[] Nearby = [1, -1, 2, -2, 3, -3, 4, -4];

    /// <summary>How the image lies in the input.</summary>
    public static IEnumerable<ImageInput> Framings(ImageInput recipe)
    {
        yield return recipe;
        if (recipe.Channels == 1)
        {
            yield return recipe with { Foreground = Foreground.Light };
            yield return recipe with { Foreground = Foreground.Dark };
        }

        var photograph = recipe with { Foreground = Foreground.None, ResizeTo = null, Fill = [0, 0, 0] };
        yield return photograph with { Resize = ResizeMode.Stretch };
        foreach (var shorter in ShorterSides(recipe))
        {
            yield return photograph with { Resize = ResizeMode.Crop, ResizeTo = ResizeTarget.Shorter(shorter) };
        }

        yield return photograph with { Resize = ResizeMode.Crop };
        foreach (var fill in Fills)
        {
            yield return photograph with { Resize = ResizeMode.Fit, Fill = [fill, fill, fill] };
        }

        foreach (var share in CropShares.Where(share => share is 0.875 or 0.9 or 0.95))
        {
            yield return photograph with
            {
                Resize = ResizeMode.Crop,
                ResizeTo = ResizeTarget.Both((int)(recipe.Height / share), (int)(recipe.Width / share)),
            };
        }
    }

    /// <summary>Framings of the most usual kinds, for a first look.</summary>
    public static IEnumerable<ImageInput> UsualFramings(ImageInput recipe)
    {
        var shorter = Math.Min(recipe.Height, recipe.Width);
        return Framings(recipe).Where((framing, index) =>
            index == 0
            || framing is { Resize: ResizeMode.Stretch } or { Resize: ResizeMode.Fit, Fill: [0, ..] }
            || framing.ResizeTo?.ShorterSide == shorter
            || framing.ResizeTo?.ShorterSide == (int)(shorter / 0.875));
    }

    /// <summary>The lengths of the shorter side beside a recipe's.</summary>
    public static IEnumerable<ImageInput> NearbySizes(ImageInput recipe) =>
    [
        recipe,
        .. recipe.ResizeTo?.ShorterSide is { } shorter
            ? Nearby.Where(step => shorter + step >= 1)
                .Select(step => recipe with { ResizeTo = ResizeTarget.Shorter(shorter + step) })
            : [],
    ];

    /// <summary>The method of Pillow and so of most makers, beside the recipe's own.</summary>
    public static IEnumerable<ImageInput> UsualMethods(ImageInput recipe) =>
        [recipe, recipe with { Filter = ImageFilter.Bilinear, Antialias = true, Round = true }];

    /// <summary>How pixels are resampled.</summary>
    public static IEnumerable<ImageInput> Filters(ImageInput recipe) =>
    [
        recipe,
        .. from antialias in Switches
           from filter in Enum.GetValues<ImageFilter>()
           select recipe with { Filter = filter, Antialias = antialias },
    ];

    /// <summary>Where the crop begins, and what is rounded: resized pixels, and the longer side.</summary>
    public static IEnumerable<ImageInput> Finishes(ImageInput recipe) =>
    [
        recipe,
        recipe with { Round = !recipe.Round },
        .. from offset in recipe.Resize == ResizeMode.Crop ? Enum.GetValues<CropOffset>() : []
           from round in new[] { recipe.Round, !recipe.Round }
           select recipe with { CropOffset = offset, Round = round },
        .. from rounding in recipe.ResizeTo?.ShorterSide is null ? [] : Enum.GetValues<ResizeRounding>()
           from offset in Enum.GetValues<CropOffset>()
           select recipe with { ResizeRounding = rounding, CropOffset = offset },
    ];

    /// <summary>The scalings of the named recipes, in both orders of colours.</summary>
    public static IEnumerable<ImageInput> Scalings(ImageInput recipe) =>
    [
        recipe,
        .. from color in recipe.Channels == 1 ? [recipe.Color] : Colors
           from named in RecipeCatalog.All
           where named.Values.Fits(recipe.Channels)
           select RecipeFields.WithScaling(recipe, named.Values) with { Color = color },
        .. recipe.Channels == 1
            ? []
            : Colors.Select(color => recipe with { Color = color }),
    ];

    private static IEnumerable<int> ShorterSides(ImageInput recipe) => CropShares
        .Select(share => (int)(Math.Min(recipe.Height, recipe.Width) / share))
        .Concat(recipe is { Height: 224, Width: 224 } ? [232, 236, 242] : [])
        .Distinct();
}
