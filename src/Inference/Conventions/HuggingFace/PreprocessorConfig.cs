using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions.HuggingFace;

/// <summary>
/// <c>preprocessor_config.json</c> of Hugging Face: the settings of an image processor
/// (https://huggingface.co/docs/transformers/main_classes/image_processor), which resizes with Pillow, crops, rescales
/// and normalizes. The order and the rounding are those of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/image_transforms.py. The pipelines open an
/// image as RGB (https://github.com/huggingface/transformers/blob/main/src/transformers/image_utils.py, load_image).
/// </summary>
internal sealed class PreprocessorConfig
{
    public const string FileName = "preprocessor_config.json";

    // From this size on, ConvNeXT's images are stretched and no longer cropped.
    private const int ConvNextStretched = 384;

    private readonly Field _root;
    private readonly ImageProcessorClass? _class;
    private readonly Field? _defaults;
    private readonly string _typeSource;
    private readonly List<Doubt> _doubts = [];

    private PreprocessorConfig(Field root, ImageProcessorClass? processor, string typeSource)
    {
        _root = root;
        _class = processor;
        _typeSource = typeSource;
        _defaults = processor is null
            ? null
            : new Field(root.File, "", processor.Defaults) { DefaultOf = $"{typeSource} {processor.Name}" };
    }

    private ProcessorKind Kind => _class?.Kind ?? ProcessorKind.Plain;

    private string Name => _root.File;

    /// <summary>Reads the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="modelType">
    /// <c>model_type</c> of <c>config.json</c>, which names the class where this file does not; null without one.
    /// </param>
    /// <exception cref="ConventionException">It is malformed.</exception>
    public static StatedModel Read(Sidecar file, string? modelType)
    {
        var root = JsonTree.Parse(file.Name, file.Content);
        if (!root.IsMap)
        {
            throw root.Fault("must be an object");
        }

        if (root["pretrained_cfg"] is { } timm)
        {
            return TimmConfig.Read(timm);
        }

        var type = root["image_processor_type"] ?? root["feature_extractor_type"];
        var processor = type is not null
            ? ImageProcessorClass.Named(type.Text())
            : modelType is not null ? ImageProcessorClass.OfModel(modelType) : null;
        var typeSource = type?.Source
            ?? (processor is null ? file.Name : $"{ModelConfig.FileName}: model_type");
        return new PreprocessorConfig(root, processor, typeSource).Describe();
    }

    private StatedModel Describe()
    {
        var stated = DescribeSize();
        stated = DescribeValues(stated);
        if ((_root["do_flip_channels"] ?? this["do_flip_channel_order"]) is { } flip && flip.Switch())
        {
            stated = stated with { Color = flip.State(PixelColor.Bgr) };
        }
        else if (this["do_convert_rgb"] is { } convert && convert.Switch())
        {
            stated = stated with { Color = convert.State(PixelColor.Rgb) };
        }
        else if (!IsGray())
        {
            stated = stated with { Color = new Stated<PixelColor>(PixelColor.Rgb, _typeSource, IsDefault: true) };
        }

        var readsCropPart = Kind is ProcessorKind.ConvNext or ProcessorKind.PoolFormer;
        foreach (var warning in UnreadFields.Of(_root, stated, readsCropPart))
        {
            Warn(warning, DoubtAbout.Resizing);
        }

        return stated with { Doubts = _doubts };
    }

    private bool IsGray() =>
        IsOn("do_grayscale") || (this["image_mean"] is { IsList: true } mean && mean.Items().Count() == 1);

    /// <summary>A field, or the class's default for it.</summary>
    private Field? this[string name] => _root[name] ?? _defaults?[name];

    private bool IsOn(string name, bool otherwise = false) => this[name]?.Switch() ?? otherwise;

    private StatedModel DescribeSize()
    {
        var size = this["size"] is { } sizeField ? TargetSize.Read(sizeField, IsSquare()) : null;
        if (!IsOn("do_resize", otherwise: size is not null))
        {
            return DescribeUnresized();
        }

        if (size is null)
        {
            return new StatedModel();
        }

        var stated = Kind switch
        {
            ProcessorKind.ConvNext => DescribeConvNext(size),
            ProcessorKind.Levit when size.Shorter is { } shorter =>
                DescribeCrop(size with { Shorter = (int)(256.0 / 224.0 * shorter) }),
            ProcessorKind.Perceiver => DescribePerceiver(size),
            ProcessorKind.PoolFormer when CropPercentage() is { } part => DescribeCrop(size.DividedBy(part)),
            _ => DescribeCrop(size),
        };
        return DescribeFilter(stated, size.Field);
    }

    private bool IsSquare() =>
        _root["default_to_square"]?.Switch() ?? _class?.IsSquare ?? !IsOn("do_center_crop");

    /// <summary>An image that only gets cropped has no fixed scale, which a recipe cannot express.</summary>
    private StatedModel DescribeUnresized()
    {
        if (!IsOn("do_center_crop") || this["crop_size"] is not { } field)
        {
            return new StatedModel();
        }

        Warn(
            "do_resize is false, so that images are cropped at their own size; they are resized here",
            DoubtAbout.Resizing);
        return TargetSize.Read(field, isSquare: true).State(new StatedModel());
    }

    private StatedModel DescribeConvNext(TargetSize size)
    {
        if ((size.Shorter ?? (size.Height == size.Width ? size.Height : null)) is not { } side)
        {
            throw size.Field.Fault("must be the length of the shorter side");
        }

        var square = TargetSize.Square(side, size.Field);
        var field = this["crop_pct"]!; // the class has a default
        return side >= ConvNextStretched
            ? DescribeStretch(square)
            : DescribeCrop(square, ResizeTarget.Shorter(TargetSize.Whole(side / TargetSize.Part(field), field)), field);
    }

    /// <summary>
    /// The centre of the original, <c>size / crop_size</c> of its shorter side, is resized to the size. Resizing the
    /// shorter side to the crop's size first shows nearly the same part.
    /// </summary>
    private StatedModel DescribePerceiver(TargetSize size)
    {
        if (!IsOn("do_center_crop"))
        {
            return DescribeStretch(size);
        }

        var field = this["crop_size"]!; // the class has a default
        var crop = TargetSize.Read(field, isSquare: true);
        if (crop.Height is { } side && crop.Width == side && size.Height is { } height && size.Width == height
            && side >= height)
        {
            Warn(
                "Perceiver's images are cropped before they are resized; here they are resized first, which moves "
                + "what is shown by up to half a pixel",
                DoubtAbout.Resizing);
            return DescribeCrop(size, ResizeTarget.Shorter(side), field);
        }

        Warn("crop_size and size are not squares, which is not read", DoubtAbout.Resizing);
        return size.State(new StatedModel());
    }

    private StatedModel DescribeCrop(TargetSize size)
    {
        if (IsOn("do_center_crop") && this["crop_size"] is { } field)
        {
            return DescribeCrop(size, TargetSize.Read(field, isSquare: true));
        }

        if (size.Longest is { } longest && size.Shorter is null)
        {
            Warn(
                "size gives only the longer side; images are centred in a square of it, but the maker may leave them "
                + "as they are, or fill only the right and the bottom",
                DoubtAbout.Resizing);
            var square = TargetSize.Square(longest, size.Field).State(new StatedModel());
            return square with { Resize = size.Field.State(ResizeMode.Fit) };
        }

        if (size.Height is not null)
        {
            if (IsOn("do_center_crop"))
            {
                Warn("do_center_crop is on, but there is no crop_size; nothing is cropped", DoubtAbout.Other);
            }

            return DescribeStretch(size);
        }

        Warn(
            IsOn("do_center_crop")
                ? "size gives the shorter side and do_center_crop is on, but there is no crop_size"
                : "size gives the shorter side and do_center_crop is off, so that the size depends on the image",
            DoubtAbout.Resizing);
        return new StatedModel();
    }

    private StatedModel DescribeCrop(TargetSize size, TargetSize crop)
    {
        if (crop is not { Height: { } height, Width: { } width })
        {
            throw crop.Field.Fault("must have a height and a width");
        }

        ResizeTarget? target = size switch
        {
            { Longest: not null } => null,
            { Shorter: { } shorter } when shorter >= Math.Max(height, width) => ResizeTarget.Shorter(shorter),
            { Height: { } h, Width: { } w } when h >= height && w >= width => ResizeTarget.Both(h, w),
            _ => null,
        };
        if (target is null)
        {
            Warn(
                "crop_size is larger than size, or size is not of a kind that is read; how images are resized is not "
                + "taken from it",
                DoubtAbout.Resizing);
            return crop.State(new StatedModel());
        }

        return (target.Height, target.Width) == (height, width)
            ? DescribeStretch(crop)
            : DescribeCrop(crop, target, size.Field);
    }

    private static StatedModel DescribeCrop(TargetSize crop, ResizeTarget target, Field field) =>
        crop.State(new StatedModel()) with
        {
            Resize = crop.Field.State(ResizeMode.Crop),
            ResizeTo = field.State(target),
            CropOffset = crop.Field.State(CropOffset.Down),
        };

    private static StatedModel DescribeStretch(TargetSize size) =>
        size.State(new StatedModel()) with { Resize = size.Field.State(ResizeMode.Stretch) };

    private StatedModel DescribeFilter(StatedModel stated, Field size)
    {
        var resample = this["resample"];
        var source = resample ?? size;
        return stated with
        {
            Filter = resample?.State(FilterOf(resample)),
            Antialias = source.State(true),
            Round = source.State(true),
        };
    }

    // Pillow's numbers: https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Resampling
    private static ImageFilter FilterOf(Field resample) => resample.FindWhole() switch
    {
        0 => ImageFilter.Nearest,
        1 => ImageFilter.Lanczos,
        2 => ImageFilter.Bilinear,
        3 => ImageFilter.Bicubic,
        4 => ImageFilter.Box,
        5 => ImageFilter.Hamming,
        _ => throw resample.Fault("must be one of Pillow's filters, 0 to 5"),
    };

    /// <summary>
    /// The image is multiplied by <c>rescale_factor</c>, then <c>(x − image_mean) / image_std</c>. EfficientNet
    /// (<c>rescale_offset</c>) and ViViT (<c>offset</c>) may subtract 1 in between, and EfficientNet divides by
    /// <c>image_std</c> again (<c>include_top</c>).
    /// </summary>
    private StatedModel DescribeValues(StatedModel stated)
    {
        var rescale = this["do_rescale"];
        var factor = this["rescale_factor"];
        var scale = rescale is not null && !rescale.Switch() ? rescale.State(1.0) : factor?.State(factor.Divisor());
        var mean = this["image_mean"] is { } meanField
            ? meanField.State(meanField.PerChannel(field => field.Number()))
            : null;
        var std = this["image_std"] is { } stdField
            ? stdField.State(stdField.PerChannel(field => field.Divisor()))
            : null;
        var includesTop = Kind == ProcessorKind.EfficientNet && IsOn("include_top") ? std : null;
        if (this["do_normalize"] is { } normalize && !normalize.Switch())
        {
            mean = normalize.State<IReadOnlyList<double>>([0]);
            std = includesTop ?? normalize.State<IReadOnlyList<double>>([1]);
        }
        else if (includesTop is not null)
        {
            std = std! with { Value = [.. std!.Value.Select(value => value * value)] }; // both are the same field's
        }
        else if ((mean is null) != (std is null))
        {
            Warn(
                "only one of image_mean and image_std is given, and the class of the image processor is not known",
                DoubtAbout.Scaling);
        }
        else if (mean is null)
        {
            WarnOfNoNumbers();
        }

        if (includesTop is null && IsOn("include_top") && Kind != ProcessorKind.EfficientNet)
        {
            Warn("include_top is on, which is read only for EfficientNet", DoubtAbout.Scaling);
        }

        var vivit = this["offset"] is { Node: DataSwitch } one ? one : null;
        if ((this["rescale_offset"] ?? vivit) is { } offset && offset.Switch() && IsOn("do_rescale", otherwise: true))
        {
            mean = new Stated<IReadOnlyList<double>>(
                [.. (mean?.Value ?? [0]).Select(value => value + 1)], offset.Source);
            if (scale is not null && Math.Abs((scale.Value * 127.5) - 1) > 1e-6)
            {
                Warn(
                    $"{offset.Path} is on and rescale_factor is not 1/127.5: versions of transformers differ in what "
                    + "they subtract; 1 is subtracted after scaling",
                    DoubtAbout.Scaling);
            }
        }

        return stated with { Scale = scale, Mean = Narrow(mean), Std = Narrow(std) };
    }

    /// <summary>Every known class has a mean and a standard deviation, or normalizes nothing.</summary>
    private void WarnOfNoNumbers()
    {
        const string Missing = "there is no image_mean and no image_std";
        var type = _root["image_processor_type"] ?? _root["feature_extractor_type"];
        var warning = (this["do_normalize"], type) switch
        {
            (not null, null) => $"do_normalize is true, but {Missing}, and no class is named: none is used",
            (not null, _) =>
                $"do_normalize is true, but {Missing}, and the class {type.Quote()} is not known: none is used",
            (null, null) =>
                $"{Missing}, and no class is named that says whether images are normalized: none is used",
            _ => $"{Missing}, and the class {type.Quote()}, which says whether images are normalized, is not known: "
                + "none is used",
        };
        Warn(warning, DoubtAbout.Scaling);
    }

    private static Stated<IReadOnlyList<float>>? Narrow(Stated<IReadOnlyList<double>>? wide) =>
        wide is null
            ? null
            : new Stated<IReadOnlyList<float>>(
                [.. wide.Value.Select(value => (float)value)], wide.Source, wide.IsDefault);

    /// <summary>PoolFormer's part; null in the file switches it off.</summary>
    private Field? CropPercentage() => _root.Has("crop_pct") ? _root["crop_pct"] : this["crop_pct"];

    private void Warn(string warning, DoubtAbout about) => _doubts.Add(new Doubt($"{Name}: {warning}", about));
}
