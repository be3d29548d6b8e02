using System.Globalization;
using System.Text;
using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// What exporters write into the <c>metadata_props</c> of an ONNX file: the image properties of ONNX
/// (https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md) that Windows ML and Custom Vision use; Ultralytics'
/// <c>names</c>, <c>task</c> and <c>imgsz</c> (https://docs.ultralytics.com/modes/export, engine/exporter.py), with the
/// transform of its classifiers (data/augment.py, <c>classify_transforms</c>); what YOLOv5 writes, which is
/// <c>names</c> and <c>stride</c> (https://github.com/ultralytics/yolov5/blob/master/export.py), with its transform
/// (utils/augmentations.py, <c>classify_transforms</c>); and labels under usual names.
/// </summary>
internal static class GraphMetadata
{
    private const string Name = "graph metadata";

    private static readonly string[] LabelKeys = ["labels", "classes", "class_names"];

    /// <summary>What each tool's entries state.</summary>
    public static IEnumerable<StatedModel> Read(IReadOnlyDictionary<string, string> metadata, int? classCount) =>
    [
        Lenient.Read(() => DescribeUltralytics(metadata, classCount)),
        ImageProperties.Read(Name, key => Find(metadata, key)),
        Lenient.Read(() => DescribeLabels(metadata, classCount), DoubtAbout.Labels),
    ];

    // The document of ONNX says that names and values are not case-sensitive.
    private static string? Find(IReadOnlyDictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var value)
            ? value
            : metadata.FirstOrDefault(entry => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase)).Value;

    private static StatedModel DescribeUltralytics(IReadOnlyDictionary<string, string> metadata, int? classCount)
    {
        if (!metadata.TryGetValue("names", out var names))
        {
            return new StatedModel();
        }

        metadata.TryGetValue("task", out var task);
        if (task is not (null or "classify"))
        {
            return StatedModel.OnlyWarning(
                $"{Name}: task is '{Quoting.Shorten(task)}', not classify; nothing else is taken from it");
        }

        var literal = PythonLiteral.Parse(Name, "names", names);
        var stated = LabelNames.Read(literal, classCount).State(literal.Source, classCount);
        return task is not null ? stated.Over(Lenient.Read(() => DescribeTransform(metadata)))
            : IsYolo5(metadata) && stated.Labels?.Value.Count == classCount ? stated.Over(DescribeYolo5())
            : stated;
    }

    /// <summary>
    /// Whether the entries are those of YOLOv5, and no others. A model that finds objects has them as well, but not one
    /// score per name.
    /// </summary>
    private static bool IsYolo5(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Count == 2 && metadata.ContainsKey("names")
        && metadata.TryGetValue("stride", out var stride)
        && int.TryParse(stride, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>
    /// The largest square in the centre, resized by OpenCV: YOLOv5's utils/augmentations.py, <c>CenterCrop</c>.
    /// </summary>
    private static StatedModel DescribeYolo5()
    {
        var entries = new Field(Name, "names and stride, as of YOLOv5", new DataNull(Line: 0));
        return new StatedModel
        {
            Color = entries.State(PixelColor.Rgb),
            Scale = entries.State(1.0 / 255.0),
            Mean = entries.State<IReadOnlyList<float>>([0.485f, 0.456f, 0.406f]),
            Std = entries.State<IReadOnlyList<float>>([0.229f, 0.224f, 0.225f]),
            Resize = entries.State(ResizeMode.Crop),
            CropOffset = entries.State(CropOffset.Down),
            Filter = entries.State(ImageFilter.Bilinear),
            Antialias = entries.State(false),
            Round = entries.State(true),
        };
    }

    private static StatedModel DescribeTransform(IReadOnlyDictionary<string, string> metadata)
    {
        var task = new Field(Name, "task", new DataText("classify", IsPlain: false, Line: 0));
        var stated = new StatedModel
        {
            Color = task.State(PixelColor.Rgb),
            Scale = task.State(1.0 / 255.0),
            Mean = task.State<IReadOnlyList<float>>([0]),
            Std = task.State<IReadOnlyList<float>>([1]),
            Filter = task.State(ImageFilter.Bilinear),
            Antialias = task.State(true),
            Round = task.State(true),
        };
        if (!metadata.TryGetValue("imgsz", out var text))
        {
            return stated;
        }

        var size = PythonLiteral.Parse(Name, "imgsz", text);
        var (height, width) = !size.IsList
            ? (size.Size(), size.Size())
            : size.Items().ToArray() is [var first, var second]
            ? (first.Size(), second.Size())
            : throw size.Fault("must be a height and a width");
        stated = stated with { Height = size.State(height), Width = size.State(width) };
        return height == width
            ? stated with
            {
                Resize = task.State(ResizeMode.Crop),
                ResizeTo = size.State(ResizeTarget.Shorter(height)),
                CropOffset = task.State(CropOffset.Even),
            }
            : stated with { Resize = task.State(ResizeMode.Stretch) };
    }

    private static StatedModel DescribeLabels(IReadOnlyDictionary<string, string> metadata, int? classCount)
    {
        foreach (var key in LabelKeys)
        {
            if (metadata.TryGetValue(key, out var text) && !string.IsNullOrWhiteSpace(text))
            {
                return ReadLabels(key, text.Trim(), classCount).State($"{Name}: {key}", classCount);
            }
        }

        return new StatedModel();
    }

    private static ClassNames ReadLabels(string key, string text, int? classCount)
    {
        if (text[0] is not ('[' or '{' or '('))
        {
            var separator = text.Contains('\n', StringComparison.Ordinal) ? '\n' : ',';
            var lines = text.Split(
                separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return lines.Length > 0
                ? LabelLines.Read(lines, classCount)
                : throw new ConventionException($"{Name}: {key} holds no names");
        }

        try
        {
            return LabelNames.Read(
                JsonTree.Parse(Name, Encoding.UTF8.GetBytes(text)) with { Path = key }, classCount);
        }
        catch (ConventionException)
        {
            return LabelNames.Read(PythonLiteral.Parse(Name, key, text), classCount);
        }
    }
}
