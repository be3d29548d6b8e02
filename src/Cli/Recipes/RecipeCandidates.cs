using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Recipes;

/// <summary>What the search tries: the numbers of makers, and their ways to resize.</summary>
internal static class RecipeCandidates
{
    // Digits and the like; a larger grey image is a photograph or a scan.
    private const int LargestDrawing = 64;

    // The crop's share of the shorter side: torchvision and timm, several newer models, CLIP and Ultralytics.
    private static readonly double[] CropShares = [0.875, 0.9, 0.95, 1];
    private static readonly double[] CoarseCropShares = [0.875, 1];

    private static readonly ImageFilter[] Filters =
        [ImageFilter.Bilinear, ImageFilter.Bicubic, ImageFilter.Nearest, ImageFilter.Lanczos];

    private static readonly (string Name, PixelScaling Values)[] Scalings =
    [
        ("unit", Of("unit")),
        ("signed", Of("signed")),
        ("bytes", Of("bytes")),
        ("imagenet", Of("torchvision")),
        ("imagenet means only", PixelScaling.OfUnit([0.485f, 0.456f, 0.406f], [1f, 1f, 1f])),
        ("keras-caffe", Of("keras-caffe").Reversed), // here in the order of RGB, as the others are
        ("clip", Of("clip")),
        ("cifar10", Of("cifar10")),
        ("pytorch-cifar", Of("pytorch-cifar")),
        ("cifar100", Of("cifar100")),
        ("mnist", Of("mnist")),
        ("fashion-mnist", Of("fashion-mnist")),
        ("standardized", Of("standardized")),
    ];

    /// <summary>Other numbers, orders of colours and polarities, with a candidate's resizing.</summary>
    public static IEnumerable<RecipeCandidate> ScalingsFor(RecipeCandidate start)
    {
        var scalings = Scalings.Where(choice => choice.Values.Fits(start.Channels));
        if (start.Channels == 1)
        {
            return scalings.SelectMany(choice => new[]
            {
                new RecipeCandidate(choice.Name, choice.Values, start.Framing),
                new RecipeCandidate($"{choice.Name}, inverted", choice.Values.Inverted, start.Framing),
            });
        }

        // One order of colours after the other: the resized images of the last are kept.
        var (rgb, bgr) = (
            start.Framing with { Color = PixelColor.Rgb }, start.Framing with { Color = PixelColor.Bgr });
        return scalings.Select(choice => new RecipeCandidate(choice.Name, choice.Values, rgb))
            .Concat(scalings.Select(choice =>
                new RecipeCandidate($"{choice.Name}, BGR", choice.Values.Reversed, bgr)));
    }

    /// <summary>Other ways to resize, with a candidate's numbers: first the coarse differences.</summary>
    public static IEnumerable<RecipeCandidate> FramingsFor(RecipeCandidate start)
    {
        var plain = start.Framing with
        {
            Resize = ResizeMode.Stretch,
            ResizeTo = null,
            CropOffset = CropOffset.Even,
            ResizeRounding = ResizeRounding.Down,
            Fill = [0, 0, 0],
            Filter = ImageFilter.Bilinear,
            Antialias = true,
            Round = true,
            Foreground = Foreground.None,
        };
        yield return start with { Name = "stretch", Framing = plain };
        yield return start with { Name = "fit", Framing = plain with { Resize = ResizeMode.Fit } };
        foreach (var share in CoarseCropShares)
        {
            yield return Crop(start with { Framing = plain }, share);
        }

        if (start.Channels == 1 && Math.Max(plain.Height, plain.Width) <= LargestDrawing)
        {
            yield return start with { Name = "light ink", Framing = plain with { Foreground = Foreground.Light } };
            yield return start with { Name = "dark ink", Framing = plain with { Foreground = Foreground.Dark } };
        }
    }

    /// <summary>The fine differences: the filter and the crop's share.</summary>
    public static IEnumerable<RecipeCandidate> DetailsFor(RecipeCandidate start)
    {
        if (start.Framing.Foreground != Foreground.None)
        {
            yield break; // ink is drawn in its own way
        }

        foreach (var filter in Filters)
        {
            yield return start with
            {
                Name = $"{start.Name}, {filter.ToString().ToLowerInvariant()}",
                Framing = start.Framing with { Filter = filter, Antialias = true },
            };
        }

        yield return start with
        {
            Name = $"{start.Name}, bilinear without antialias",
            Framing = start.Framing with { Filter = ImageFilter.Bilinear, Antialias = false },
        };
        if (start.Framing.ResizeTo is not null)
        {
            foreach (var share in CropShares)
            {
                yield return Crop(start, share);
            }
        }
    }

    private static RecipeCandidate Crop(RecipeCandidate start, double share)
    {
        var side = (int)Math.Floor(Math.Min(start.Framing.Height, start.Framing.Width) / share);
        return start with
        {
            Name = $"crop of {side}",
            Framing = start.Framing with { Resize = ResizeMode.Crop, ResizeTo = ResizeTarget.Shorter(side) },
        };
    }

    private static PixelScaling Of(string recipe) => RecipeCatalog.Find(recipe)!.Values; // a name of the catalogue
}
