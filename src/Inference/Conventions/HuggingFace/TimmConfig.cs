using System.Globalization;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions.HuggingFace;

/// <summary>
/// The <c>pretrained_cfg</c> of timm in a <c>config.json</c>. What is left out is as in
/// https://github.com/huggingface/pytorch-image-models/blob/main/timm/data/config.py, and what is done with it as in
/// timm/data/transforms_factory.py (<c>transforms_imagenet_eval</c>): Pillow opens an image as RGB and resizes it,
/// torchvision crops.
/// </summary>
internal static class TimmConfig
{
    private const double DefaultPart = 0.875;

    private static readonly DataList Mean = Numbers("0.485", "0.456", "0.406");
    private static readonly DataList Std = Numbers("0.229", "0.224", "0.225");

    /// <exception cref="ConventionException">A value has the wrong type or length.</exception>
    public static StatedModel Read(Field config)
    {
        if (!config.IsMap)
        {
            throw config.Fault("must be an object");
        }

        var isColor = config["input_size"]?.Items().FirstOrDefault()?.FindWhole() is null or 3;
        var mean = config["mean"] ?? (isColor ? Default("mean", Mean) : null);
        var std = config["std"] ?? (isColor ? Default("std", Std) : null);
        var filter = config["interpolation"] ?? Default("interpolation", new DataText("bicubic", IsPlain: false, 0));
        var means = mean?.PerChannel(field => field.Number());
        var stds = std?.PerChannel(field => field.Divisor());
        var stated = new StatedModel
        {
            Scale = mean?.State(1.0 / 255.0),
            Mean = mean?.State<IReadOnlyList<float>>([.. means!.Select(value => (float)value)]), // as mean
            Std = std?.State<IReadOnlyList<float>>([.. stds!.Select(value => (float)value)]), // as std
            Filter = filter.State(FilterOf(filter)),
            Antialias = filter.State(true),
            Round = filter.State(true),
        };
        stated = config["input_size"] is { } size ? DescribeSize(stated, config, size, means ?? [0]) : stated;
        stated = stated.Channels is { Value: not 3 } ? stated : stated with { Color = config.State(PixelColor.Rgb) };
        return Defaults(isColor, stated.Height is not null).Where(one => config[one.Name] is null).Aggregate(
            stated, (model, one) => model.Warn(
                $"{config.Source} has no {one.Name}; timm's default is assumed: {one.Value}", one.About));

        Field Default(string name, DataNode value) => new(config.File, name, value) { DefaultOf = config.Source };
    }

    /// <summary>
    /// Whether a file is timm's although it has no <c>pretrained_cfg</c>, as older versions wrote it. Other programs
    /// write an <c>input_size</c>, too, but not all four.
    /// </summary>
    public static bool IsFlat(Field root) =>
        root["input_size"] is { IsList: true } size
        && size.Items().ToArray() is [var channels, _, _]
        && channels.FindWhole() is 1 or 3
        && root["mean"] is not null && root["std"] is not null && root["interpolation"] is not null;

    private static IEnumerable<(string Name, string Value, DoubtAbout About)> Defaults(bool isColor, bool isCropped)
    {
        if (isColor)
        {
            yield return ("mean", Text(Mean), DoubtAbout.Scaling);
            yield return ("std", Text(Std), DoubtAbout.Scaling);
        }

        yield return ("interpolation", "bicubic", DoubtAbout.Other);
        if (isCropped)
        {
            yield return ("crop_pct", DefaultPart.ToString(CultureInfo.InvariantCulture), DoubtAbout.Resizing);
        }
    }

    private static DataList Numbers(params string[] numbers) => new(
        [.. numbers.Select(text => new DataNumber(double.Parse(text, CultureInfo.InvariantCulture), text, Line: 0))],
        Line: 0);

    private static string Text(DataList numbers) =>
        string.Join(", ", numbers.Items.OfType<DataNumber>().Select(number => number.Text));

    private static StatedModel DescribeSize(
        StatedModel stated, Field config, Field size, IReadOnlyList<double> means)
    {
        if (size.Items().Select(side => side.Size()).ToArray() is not [var channels, var height, var width])
        {
            throw size.Fault("must be the channels, the height and the width");
        }

        var part = config["crop_pct"] is { } field ? field.Number() : DefaultPart;
        if (part is not (> 0.01 and <= 2))
        {
            throw config["crop_pct"]!.Fault("must be above 0.01 and at most 2"); // the default is in the range
        }

        var mode = config["crop_mode"];
        var modeName = mode?.Text() ?? "center";
        var (tall, wide) = ((int)Math.Floor(height / part), (int)Math.Floor(width / part));
        var cropSource = config["crop_pct"] ?? config["crop_mode"] ?? size;
        stated = stated with
        {
            Channels = size.State(channels),
            Height = size.State(height),
            Width = size.State(width),
        };
        return modeName switch
        {
            "border" => Warn(stated with
            {
                Resize = mode!.State(ResizeMode.Fit), // it is not the default
                Fill = mode!.State<IReadOnlyList<float>>([.. Padding(means)]),
            }, part != 1, "crop_pct is not 1, and with the border of crop_mode the whole image is shown"),
            _ when part > 1 => Warn(
                stated, true, "crop_pct is above 1, which pads the image; how it is resized is not taken from it"),
            "squash" when (tall, wide) == (height, width) => stated with
            {
                Resize = mode!.State(ResizeMode.Stretch), // it is not the default
            },
            "squash" => Crop(stated, cropSource, ResizeTarget.Both(tall, wide)),
            "center" when tall == wide => Crop(stated, cropSource, ResizeTarget.Shorter(tall)),
            "center" => Warn(
                stated with { Resize = cropSource.State(ResizeMode.Crop) },
                part != 1,
                "crop_pct of an input that is not square is not read; the largest centre is taken"),
            _ => throw mode!.Fault("must be center, squash or border"),
        };

        StatedModel Warn(StatedModel model, bool isNeeded, string warning) =>
            isNeeded ? model.Warn($"{config.File}: {warning}", DoubtAbout.Resizing) : model;
    }

    private static StatedModel Crop(StatedModel stated, Field source, ResizeTarget target) => stated with
    {
        Resize = source.State(ResizeMode.Crop),
        ResizeTo = source.State(target),
        CropOffset = source.State(CropOffset.Even),
    };

    // Python rounds halves to the even number, and so does .NET.
    private static IEnumerable<float> Padding(IReadOnlyList<double> means) =>
        Enumerable.Range(0, 3).Select(i => (float)Math.Round(255 * means[means.Count == 1 ? 0 : i]));

    private static ImageFilter FilterOf(Field interpolation) => interpolation.Text() switch
    {
        "nearest" => ImageFilter.Nearest,
        "bilinear" => ImageFilter.Bilinear,
        "bicubic" or "" => ImageFilter.Bicubic,
        "box" => ImageFilter.Box,
        "hamming" => ImageFilter.Hamming,
        "lanczos" => ImageFilter.Lanczos,
        _ => throw interpolation.Fault("must be one of Pillow's filters"),
    };
}
