using System.Globalization;
using System.Text;
using System.Text.Unicode;
using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// <c>inference.yml</c> of PaddleClas, PaddleOCR and PaddleX. What the operators do, and their defaults, are those of
/// https://github.com/PaddlePaddle/PaddleClas/blob/release/2.6/deploy/python/preprocess.py.
/// </summary>
internal sealed class PaddleConfig
{
    public const string FileName = "inference.yml";

    private readonly Field _root;
    private readonly List<Doubt> _doubts = [];
    private StatedModel _stated = new();
    private Field? _short;
    private Field? _size;
    private Field? _crop;

    private PaddleConfig(Field root) => _root = root;

    /// <exception cref="ConventionException">It is malformed.</exception>
    public static StatedModel Read(Sidecar file, SidecarFolders folders, int? classCount)
    {
        if (!Utf8.IsValid(file.Content))
        {
            throw new ConventionException($"{file.Name} is not UTF-8; save it as UTF-8");
        }

        var config = new PaddleConfig(YamlTree.Parse(file.Name, Encoding.UTF8.GetString(file.Content)));
        return config.Describe().Over(
            Lenient.Read(() => config.ReadLabels(file, folders, classCount), DoubtAbout.Labels));
    }

    private StatedModel Describe()
    {
        var operators = _root["PreProcess"]?["transform_ops"];
        if (operators is null)
        {
            return StatedModel.OnlyWarning(
                $"{_root.File} has no PreProcess.transform_ops; its images are not described");
        }

        foreach (var (name, settings) in operators.Items().SelectMany(one => one.Entries()))
        {
            Apply(name, settings);
        }

        DescribeSize();

        // PaddleClas leaves DecodeImage out of what it exports, and its own script reverses OpenCV's colours:
        // https://github.com/PaddlePaddle/PaddleClas/blob/release/2.6/deploy/python/predict_cls.py.
        return _stated with
        {
            Color = _stated.Color ?? (_stated.Mean is null ? null : operators.State(PixelColor.Rgb)),
            Doubts = _doubts,
        };
    }

    private void Apply(string name, Field settings)
    {
        switch (name)
        {
            case "DecodeImage":
                _stated = _stated with { Color = ColorOf(settings) };
                break;

            case "ResizeImage":
                (_short, _size) = (settings["resize_short"], settings["size"]);
                DescribeFilter(settings);
                break;

            case "CropImage":
                _crop = settings["size"] ?? throw settings.Fault("has no size");
                break;

            case "NormalizeImage":
                DescribeValues(settings);
                break;

            case "ToCHWImage":
                _stated = _stated with { Layout = settings.State(TensorLayout.ChannelsFirst) };
                break;

            case "KeepKeys":
                break;

            default:
                _doubts.Add(new Doubt($"{settings.Source} is not read"));
                break;
        }
    }

    /// <summary>PaddleClas has <c>to_rgb</c>, PaddleOCR <c>img_mode</c>.</summary>
    private static Stated<PixelColor> ColorOf(Field settings) => (settings["to_rgb"], settings["img_mode"]) switch
    {
        ({ } order, _) => order.State(order.Switch() ? PixelColor.Rgb : PixelColor.Bgr),
        (_, { Node: DataText { Text: "BGR" } } mode) => mode.State(PixelColor.Bgr),
        (_, { Node: DataText { Text: "GRAY" } } mode) => mode.State(PixelColor.Gray),
        _ => settings.State(PixelColor.Rgb),
    };

    private void DescribeSize()
    {
        if (_size is null && _short is null)
        {
            return;
        }

        if (_crop is null)
        {
            if (_short is not null)
            {
                _doubts.Add(new Doubt(
                    $"{_short.Source} without CropImage makes images of different sizes, which is not read",
                    DoubtAbout.Resizing));
                return;
            }

            // One of the two is given.
            _stated = State(Sides(_size!)) with { Resize = _size!.State(ResizeMode.Stretch) };
            return;
        }

        var (width, height) = Sides(_crop);
        var target = _short is not null ? ResizeTarget.Shorter(_short.Size()) : Both(Sides(_size!)); // as above
        if ((target.ShorterSide ?? Math.Min(target.Height, target.Width)) < Math.Max(width, height))
        {
            throw _crop.Fault("is larger than the image after ResizeImage");
        }

        _stated = State((width, height)) with
        {
            Resize = _crop.State(ResizeMode.Crop),
            ResizeTo = (_short ?? _size!).State(target), // one of the two is given
            CropOffset = _crop.State(CropOffset.Down),
            ResizeRounding = _short?.State(ResizeRounding.Nearest),
        };

        StatedModel State((int Width, int Height) sides) => _stated with
        {
            Height = (_crop ?? _size!).State(sides.Height), // one of the two is given
            Width = (_crop ?? _size!).State(sides.Width), // one of the two is given
        };

        static ResizeTarget Both((int Width, int Height) sides) => ResizeTarget.Both(sides.Height, sides.Width);
    }

    /// <summary>A number for both, or the width and the height.</summary>
    private static (int Width, int Height) Sides(Field field) => !field.IsList
        ? (field.Size(), field.Size())
        : field.Items().ToArray() is [var width, var height]
        ? (width.Size(), height.Size())
        : throw field.Fault("must be a number, or a width and a height");

    /// <summary>
    /// OpenCV ignores most source pixels when it shrinks an image, except with its filter "area", which is Pillow's
    /// box. Its cubic (a = −0.75) and its lanczos (radius 4) differ from Pillow's.
    /// </summary>
    private void DescribeFilter(Field settings)
    {
        var name = settings["interpolation"];
        var isPillow = settings["backend"]?.Text().ToUpperInvariant() == "PIL";
        var filter = name?.Text().ToUpperInvariant() switch
        {
            null or "BILINEAR" or "RANDOM" => ImageFilter.Bilinear,
            "NEAREST" => ImageFilter.Nearest,
            "BICUBIC" => ImageFilter.Bicubic,
            "LANCZOS" => ImageFilter.Lanczos,
            "AREA" when !isPillow => ImageFilter.Box,
            "BOX" when isPillow => ImageFilter.Box,
            "HAMMING" when isPillow => ImageFilter.Hamming,
            _ => throw name.Fault("is a filter that is not read"),
        };
        if (!isPillow && filter is ImageFilter.Bicubic or ImageFilter.Lanczos)
        {
            _doubts.Add(new Doubt(
                $"{name!.Source}: OpenCV's filter differs slightly from the one that is used")); // has a name
        }

        var source = settings["backend"] ?? settings;
        _stated = _stated with
        {
            Filter = (name ?? settings).State(filter),
            Antialias = source.State(isPillow || filter == ImageFilter.Box),
            Round = source.State(true),
        };
    }

    private void DescribeValues(Field settings)
    {
        var (scale, mean, std) = (settings["scale"], settings["mean"], settings["std"]);
        IReadOnlyList<double> means = mean?.PerChannel(field => field.Number()) ?? [0.485, 0.456, 0.406];
        IReadOnlyList<double> stds = std?.PerChannel(field => field.Divisor()) ?? [0.229, 0.224, 0.225];
        _stated = _stated with
        {
            Scale = (scale ?? settings).State(scale is null ? 1.0 / 255.0 : ScaleOf(scale)),
            Mean = (mean ?? settings).State<IReadOnlyList<float>>([.. means.Select(value => (float)value)]),
            Std = (std ?? settings).State<IReadOnlyList<float>>([.. stds.Select(value => (float)value)]),
        };
    }

    /// <summary>A number, or a fraction of two such as <c>1.0/255.0</c>; PaddleClas evaluates it as Python.</summary>
    private static double ScaleOf(Field field)
    {
        var numbers = field.Text().Split('/').Select(NumberOf).ToArray();
        var scale = numbers switch
        {
            [{ } number] => number,
            [{ } above, { } below] => above / below,
            _ => 0,
        };
        return float.IsFinite((float)scale) && (float)scale != 0f
            ? scale
            : throw field.Fault("must be a number that is not 0, or a fraction of two");
    }

    private static double? NumberOf(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private StatedModel ReadLabels(Sidecar config, SidecarFolders folders, int? classCount)
    {
        if (_root["PostProcess"] is not { } after)
        {
            return new StatedModel();
        }

        if (after["Topk"] is not { } top)
        {
            return StatedModel.OnlyWarning(
                $"{after.Source} is not Topk: the model may not choose one class, which a softmax assumes");
        }

        if ((top["label_list"] ?? after["label_list"]) is { } list)
        {
            return LabelNames.Read(list, classCount).State(list.Source, classCount);
        }

        if (top["class_id_map_file"] is not { } map)
        {
            return new StatedModel();
        }

        // The path is that of the machine that trained the model.
        var name = map.Text().Split('/', '\\')[^1];
        var file = (name.Length > 0 ? folders.FindIn(config.Folder, name) : null)
            ?? throw map.Fault("names a file that is not beside the model");
        return LabelFile.Read(file, classCount).State(map.Source, classCount);
    }
}
