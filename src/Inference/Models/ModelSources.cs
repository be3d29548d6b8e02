using System.Globalization;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models.Statements;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Where each field of a model's description comes from, and what its owner should check, collected while it is loaded.
/// Fields have their names in the manifest, such as <c>input.mean</c>.
/// </summary>
internal sealed class ModelSources
{
    public const string Assumed = "assumed";

    /// <summary>The kind of the scores was found by running the model.</summary>
    public const string WarmUp = "the model's answers to the warm-up images";

    private const string Shape = "the graph's shape";
    private const string Running = "the graph runs in no other layout";
    private const string ElementType = "the graph's element type";

    // With fewer, hardly anything of a picture is left.
    private const int FewLevels = 32;

    // A smaller input is no photograph: it shows the whole image.
    private const int PhotographSide = 64;

    // Grey images up to this size are often digits or letters.
    private const int InkSide = 64;

    private static readonly string[] Axes = ["input.layout", "input.channels", "input.height", "input.width"];
    private static readonly string[] Scaling = ["input.scale", "input.mean", "input.std", "input.standardize"];

    private static readonly string[] Framing =
        ["input.resize", "input.resizeTo", "input.cropOffset", "input.resizeRounding", "input.fill"];

    private static readonly string[] Resizing =
    [
        .. Framing, "input.filter", "input.antialias", "input.round", "input.background", "input.foreground",
    ];

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _doubted = new(StringComparer.Ordinal);

    /// <summary>What the graph's first nodes do to the numbers of an image, in words; empty if nothing.</summary>
    public string FirstNodes { get; init; } = "";

    /// <summary>The fields whose values some file states, but of which a warning says that they may be wrong.</summary>
    public IReadOnlySet<string> Doubted => _doubted;

    /// <summary>The source of each field, in alphabetical order, which is made only where it is seen.</summary>
    public IReadOnlyDictionary<string, string> Fields =>
        new SortedDictionary<string, string>(_fields, StringComparer.Ordinal);

    /// <summary>What was assumed or passed over and can change answers, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    public void Warn(string sentence) => _warnings.Add(sentence);

    /// <summary>Warns of a doubt, and remembers what it is about.</summary>
    public void Warn(Doubt doubt)
    {
        Warn(doubt.Sentence);
        _doubted.UnionWith(doubt.About switch
        {
            DoubtAbout.Scaling => Scaling,
            DoubtAbout.Resizing => Framing,
            DoubtAbout.Filter => ["input.filter", "input.antialias"],
            DoubtAbout.Color => ["input.color"],
            DoubtAbout.Size => ["input.height", "input.width"],
            DoubtAbout.Channels => ["input.layout", "input.channels"],
            DoubtAbout.Labels => ["labels"],
            _ => [],
        });
    }

    public void Note(string field, string source) => _fields[field] = source;

    /// <summary>Whether the owner's own file states a field.</summary>
    public bool IsOwn(string field) =>
        Of(field) is { } source && source.StartsWith(ModelManifest.FileName, StringComparison.Ordinal);

    /// <summary>The source of a stated field; null where no file states it.</summary>
    public string? Of(string field) => _fields.GetValueOrDefault(field);

    /// <summary>Passes over what makers state where the graph contradicts them.</summary>
    public void Overrule(string field, string warning)
    {
        Warn(warning);
        _fields[field] = Shape;
    }

    /// <summary>
    /// The size before a crop that a maker's file gives, scaled if that is for another size than the model's.
    /// </summary>
    public ResizeTarget Fit(
        ResizeTarget target, string source, (int Height, int Width) stated, (int Height, int Width) model)
    {
        if (stated == model)
        {
            return target;
        }

        var scaled = target.For(model, stated);
        Warn(new Doubt(
            $"{source} gives {target} for images of {stated.Height} × {stated.Width} pixels; for {model.Height} × "
            + $"{model.Width} it is scaled to {scaled}.",
            DoubtAbout.Resizing));
        return scaled;
    }

    /// <summary>Passes over an order of colours for another number of channels than the model takes.</summary>
    public void PassOverColor(int channels)
    {
        const string Field = "input.color";
        if (channels == 1)
        {
            _fields[Field] = Of("input.channels") ?? Shape;
        }
        else
        {
            _fields.Remove(Field);
        }
    }

    /// <summary>Passes over a mean and a deviation for another number of channels than the model takes.</summary>
    public void PassOverNumbers(int channels)
    {
        Warn(new Doubt(
            $"{Of("input.mean") ?? Of("input.std")} does not fit a model of {channels} channel(s), and is not used. "
            + $"Set \"mean\" and \"std\" in input of {ModelManifest.FileName}.",
            DoubtAbout.Scaling));
        _fields.Remove("input.mean");
        _fields.Remove("input.std");
    }

    /// <summary>Fills in the sources of what no file states, and warns of what matters.</summary>
    public void CompleteInput(ResolvedInput resolved, bool takesFloats)
    {
        var input = resolved.Input;
        var statesScaling = Array.Exists(Scaling, _fields.ContainsKey);
        var statesNormalization = Array.Exists(Scaling, IsOwn) || Array.Exists(Scaling[1..], _fields.ContainsKey);
        var isPhotograph = input.Channels == 3 && Math.Min(input.Height, input.Width) >= PhotographSide;
        if (takesFloats && !statesScaling)
        {
            Warn(
                "No file says how pixels are scaled: pixel / 255 is assumed, with no mean and no std."
                + (FirstNodes.Length == 0 ? "" : $" The graph begins with {FirstNodes}, which does not settle it.")
                + " A model that was trained otherwise answers wrongly. Set \"scale\", \"mean\" and \"std\" in input "
                + $"of {ModelManifest.FileName}.");
        }
        else if (takesFloats && !statesNormalization)
        {
            Warn(
                $"{Of("input.scale")} says how pixels are scaled, but no file gives a mean and a std: none is assumed. "
                + "A model that was trained otherwise answers wrongly. Set \"mean\" and \"std\" in input of "
                + $"{ModelManifest.FileName}.");
        }

        if (!takesFloats && statesScaling)
        {
            WarnOfFewLevels(input);
        }

        if (takesFloats && !IsOwn("input.mean") && Of("input.mean") is { } mean)
        {
            WarnOfForeignMean(input, mean);
        }

        if (Of("input.filter") is null && Of("input.resize") is { } resize && !IsOwn("input.resize"))
        {
            Warn(
                $"{resize} says how images are resized, but no file says with which filter: bilinear is assumed. Set "
                + $"\"filter\" in input of {ModelManifest.FileName}.");
        }

        if (input.Channels == 3 && Of("input.color") is null)
        {
            Warn(
                $"No file says in which order the model takes colours: RGB is assumed. If it was made with OpenCV, set "
                + $"\"color\": \"bgr\" in input of {ModelManifest.FileName}.");
        }

        if (isPhotograph && Of("input.resize") is null && input.Foreground == Foreground.None)
        {
            Warn(
                $"No file says how an image becomes {input.Width} × {input.Height} pixels: it is stretched, which is "
                + "assumed. Most makers resize the shorter side and crop the centre: set \"resize\": \"crop\" and "
                + $"\"resizeTo\" in input of {ModelManifest.FileName}.");
        }

        if (input.Channels == 1 && Math.Max(input.Height, input.Width) <= InkSide && Of("input.foreground") is null)
        {
            Warn(
                "No file says whether the model expects light ink on dark ground or dark ink on light: images are used "
                + "as they are. Set \"foreground\" (\"light\", \"dark\" or \"none\") in input of "
                + $"{ModelManifest.FileName}.");
        }

        if (resolved.Assumption is { } assumption)
        {
            Warn(assumption);
            NoteRest(resolved.AssumedFields.Select(field => $"input.{field}"), Assumed);
        }

        NoteRest(resolved.RunsInNoOtherLayout ? ["input.layout"] : [], Running);
        NoteRest(Axes, Shape);
        NoteRest(["input.color"], input.Channels == 1 ? Shape : Assumed);
        NoteRest(Scaling, takesFloats ? Assumed : ElementType);
        NoteRest(Resizing, Assumed);
    }

    /// <summary>Warns of numbers that lose most of a picture when they become whole.</summary>
    private void WarnOfFewLevels(ImageInput input)
    {
        var levels = 1 + (255 * Math.Abs(input.Scale) / input.Std.Min(Math.Abs));
        if (levels < FewLevels)
        {
            var source = Scaling.Select(Of).OfType<string>().First(); // one of them is stated
            Warn(new Doubt(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The graph's input holds whole numbers, and {source} leaves {Math.Ceiling(levels)} of 256 levels ")
                + $"of a pixel. Set \"scale\", \"mean\" and \"std\" in input of {ModelManifest.FileName}.",
                DoubtAbout.Scaling));
        }
    }

    /// <summary>Warns of a mean that is none of the pixels from which it is subtracted.</summary>
    private void WarnOfForeignMean(ImageInput input, string source)
    {
        // In levels: below one it was meant for pixels in 0…1, and far outside of 0…255 for none.
        var isForeign = input.Mean.Any(mean => (mean / input.Scale) is (> 0f and < 1f) or < -64f or > 320f);
        if (isForeign)
        {
            var scale = Of("input.scale") ?? "the assumed scale";
            Warn(new Doubt(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{source} subtracts {string.Join(", ", input.Mean.Distinct())}, but {scale} makes pixels range ")
                + string.Create(CultureInfo.InvariantCulture, $"from 0 to {255 * input.Scale:G4}, which do not belong ")
                + $"together. Set \"scale\", \"mean\" and \"std\" in input of {ModelManifest.FileName}.",
                DoubtAbout.Scaling));
        }

        var color = Of("input.color");
        if (input.Color == PixelColor.Bgr && color is not null && FileOf(color) != FileOf(source)
            && input.Mean.Distinct().Count() > 1)
        {
            Warn(new Doubt(
                $"{color} says BGR, and {source} gives a number for each colour in an order that it does not name: BGR "
                + $"is assumed. Set \"mean\" and \"std\" in input of {ModelManifest.FileName}.",
                DoubtAbout.Scaling));
        }

        static string FileOf(string source) => source.Split(':')[0];
    }

    /// <summary>The labels that files state, else those of the graph, with a warning where these are others.</summary>
    public IReadOnlyList<string>? Labels(
        IReadOnlyList<string>? stated, IReadOnlyList<string>? ofGraph, string source)
    {
        if (stated is null && ofGraph is not null)
        {
            Note("labels", source);
        }
        else if (stated is not null && ofGraph is not null && !IsOwn("labels")
            && Contradictions.OfLabels(
                new Stated<IReadOnlyList<string>>(stated, Of("labels")!), // whoever states labels is noted
                new Stated<IReadOnlyList<string>>(ofGraph, source)) is { } doubt)
        {
            Warn(doubt);
        }

        return stated ?? ofGraph;
    }

    /// <summary>The labels; null where makers' files have another number of them than there are classes.</summary>
    public IReadOnlyList<string>? WithoutMisfits(IReadOnlyList<string>? labels, int classCount)
    {
        const string Field = "labels";
        if (labels is null || labels.Count == classCount || IsOwn(Field))
        {
            return labels;
        }

        Warn($"{Of(Field)} has {labels.Count} labels, but the model has {classCount} classes: they are not used.");
        _fields.Remove(Field);
        return null;
    }

    /// <summary>Fills in the sources of what no file states about the output, and warns of what matters.</summary>
    public void CompleteOutput(int classCount, string reason)
    {
        if (_fields.TryAdd("labels", Assumed))
        {
            Warn($"No file names the classes: they are called by their numbers, 0 to {classCount - 1}.");
        }

        _fields.TryAdd("output.name", reason);
        _fields.TryAdd("output.kind", WarmUp);
    }

    /// <summary>Notes a source for those of the fields that have none yet.</summary>
    private void NoteRest(IEnumerable<string> fields, string source)
    {
        foreach (var field in fields)
        {
            _fields.TryAdd(field, source);
        }
    }
}
