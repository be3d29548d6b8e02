using System.Globalization;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Verification;

/// <summary>A recipe as the fields of a manifest's <c>input</c>.</summary>
internal static class RecipeFields
{
    /// <summary>The value of a field that must not be stated.</summary>
    public const string None = "null";

    /// <summary>The fields that say how an image becomes a tensor, each with its value as JSON.</summary>
    public static IReadOnlyList<(string Name, string Value)> Of(ImageInput recipe) =>
    [
        ("color", Quote(recipe.Color)),
        ("scale", Number(recipe.Scale)),
        ("mean", List(recipe.Mean)),
        ("std", List(recipe.Std)),
        ("standardize", recipe.Standardize ? "true" : "false"),
        ("resize", Quote(recipe.Resize)),
        ("resizeTo", recipe.ResizeTo?.ToString() ?? None),
        ("cropOffset", Quote(recipe.CropOffset)),
        ("resizeRounding", Quote(recipe.ResizeRounding)),
        ("filter", Quote(recipe.Filter)),
        ("antialias", recipe.Antialias ? "true" : "false"),
        ("round", recipe.Round ? "true" : "false"),
        ("fill", List(recipe.Fill)),
        ("foreground", Quote(recipe.Foreground)),
    ];

    /// <summary>Whether two recipes give the same tensor of every image.</summary>
    public static string Key(ImageInput recipe) => string.Join(' ', Of(recipe).Select(field => field.Value));

    /// <summary>The fields in which two recipes differ.</summary>
    public static IReadOnlyList<FieldChange> Changes(ImageInput served, ImageInput better) =>
    [
        .. Of(served).Zip(Of(better))
            .Where(pair => pair.First.Value != pair.Second.Value)
            .Select(pair => new FieldChange($"input.{pair.First.Name}", pair.First.Value, pair.Second.Value)),
    ];

    /// <summary>
    /// What a manifest must state to change one recipe into another. Fields that are taken from one source together
    /// are stated together.
    /// </summary>
    public static ManifestInput Statement(ImageInput served, ImageInput better)
    {
        var changed = Changes(served, better).Select(change => change.Field["input.".Length..]).ToHashSet();
        var scaling = changed.Overlaps(["scale", "mean", "std", "standardize"]);
        var framing = changed.Overlaps(["resize", "resizeTo", "cropOffset", "resizeRounding", "fill"]);
        return new ManifestInput
        {
            Color = changed.Contains("color") ? better.Color : null,
            Scale = scaling ? Shortest(better.Scale) : null,
            Mean = scaling ? better.Mean : null,
            Std = scaling ? better.Std : null,
            Standardize = changed.Contains("standardize") ? better.Standardize : null,
            Resize = framing ? better.Resize : null,
            ResizeTo = framing ? better.ResizeTo : null,
            CropOffset = framing && RecipeCandidate.StatesCropOffset(better) ? better.CropOffset : null,
            ResizeRounding = framing && better.ResizeRounding != ResizeRounding.Down ? better.ResizeRounding : null,
            Fill = framing && changed.Contains("fill") ? better.Fill : null,
            Filter = changed.Contains("filter") ? better.Filter : null,
            Antialias = changed.Contains("antialias") ? better.Antialias : null,
            Round = changed.Contains("round") ? better.Round : null,
            Foreground = changed.Contains("foreground") ? better.Foreground : null,
        };
    }

    /// <summary>A recipe with what a named one states; what that leaves open stays.</summary>
    public static ImageInput Apply(NamedRecipe named, ImageInput recipe)
    {
        var stated = named.For(recipe.Channels, recipe.Height, recipe.Width);
        var scaled = WithScaling(recipe, named.Values) with { Color = stated.Color ?? recipe.Color };
        return stated.Resize is not { } resize
            ? scaled
            : scaled with
            {
                Resize = resize,
                ResizeTo = stated.ResizeTo,
                CropOffset = stated.CropOffset ?? CropOffset.Even,
                ResizeRounding = stated.ResizeRounding ?? ResizeRounding.Down,
                Filter = stated.Filter ?? ImageFilter.Bilinear,
                Antialias = stated.Antialias ?? true,
                Round = stated.Round ?? false,
                Fill = stated.Fill ?? [0, 0, 0],
                Foreground = Foreground.None,
            };
    }

    /// <summary>Whether the scaling is none of the named recipes.</summary>
    public static bool IsFitted(ImageInput recipe) => !RecipeCatalog.All.Any(named =>
        named.Values.Fits(recipe.Channels) && Key(WithScaling(recipe, named.Values)) == Key(recipe));

    public static ImageInput WithScaling(ImageInput recipe, PixelScaling scaling) => recipe with
    {
        Scale = (float)scaling.Scale,
        Mean = Widen(scaling.Mean, recipe.Channels),
        Std = Widen(scaling.Std, recipe.Channels),
        Standardize = scaling.Standardize,
    };

    // The shortest decimal number that is this float.
    private static double Shortest(float value) => double.Parse(Number(value), CultureInfo.InvariantCulture);

    private static IReadOnlyList<float> Widen(IReadOnlyList<float> values, int channels) =>
        values.Count == channels ? values : [.. Enumerable.Repeat(values[0], channels)];

    private static string Quote<T>(T value)
        where T : struct, Enum => $"\"{Names.Of(value)}\"";

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string List(IReadOnlyList<float> values) => $"[{string.Join(", ", values.Select(Number))}]";
}

/// <summary>A field in which another recipe fits better.</summary>
/// <param name="Field">The field's name in the manifest.</param>
/// <param name="Served">Its value as the model is served.</param>
/// <param name="Better">The value that fits better.</param>
internal sealed record FieldChange(string Field, string Served, string Better);
