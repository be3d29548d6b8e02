using System.Globalization;
using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// <c>cvexport.manifest</c> and <c>metadata_properties.json</c> of Microsoft's Custom Vision
/// (https://learn.microsoft.com/azure/ai-services/custom-vision-service/export-your-model). The images are prepared as
/// in https://github.com/Azure-Samples/customvision-export-samples, samples/python/onnx/classification/predict.py.
/// </summary>
internal static class CustomVision
{
    public const string ManifestName = "cvexport.manifest";

    private const string Preprocess = "CustomVision.Preprocess.";

    private const string DefaultProperties = "metadata_properties.json";

    /// <exception cref="ConventionException">A file is malformed, or one that is named is missing.</exception>
    public static StatedModel Read(Sidecar manifest, SidecarFolders folders, int? classCount)
    {
        var root = JsonTree.Parse(manifest.Name, manifest.Content);
        if (root["DomainType"] is not { } domain)
        {
            return new StatedModel();
        }

        if (domain.Text() != "Classification")
        {
            return StatedModel.OnlyWarning($"{domain.Source} is {domain.Quote()}; only classifiers are served");
        }

        var properties = root["MetadataPropsFileName"]?.Text() ?? DefaultProperties;
        var stated = folders.FindIn(manifest.Folder, properties) is { } file
            ? ReadProperties(JsonTree.Parse(file.Name, file.Content))
            : new StatedModel();
        return root["LabelFileName"] is { } labels && folders.FindIn(manifest.Folder, labels.Text()) is { } names
            ? stated.Over(LabelFile.Read(names, classCount).State(labels.Source, classCount))
            : stated;
    }

    private static StatedModel ReadProperties(Field root)
    {
        if (!root.IsMap)
        {
            throw root.Fault("must be an object");
        }

        var stated = ImageProperties.Read(root.File, name => root[name]?.Text());
        if (root["CustomVision.Postprocess.Method"] is { Node: DataText { Text: "ClassificationMultiLabel" } } method)
        {
            stated = stated.Warn(
                $"{method.Source} is ClassificationMultiLabel: several classes may be true at once, which a softmax "
                + "does not show");
        }

        foreach (var (name, neutral) in ((string, double)[])[("NormalizeMean", 0), ("NormalizeStd", 1)])
        {
            if (root[$"{Preprocess}{name}"] is { } numbers && !IsAll(numbers, neutral))
            {
                stated = stated.Warn(
                    $"{numbers.Source} is {numbers.Quote()}; where it is applied is not documented, and it is not "
                    + "used",
                    DoubtAbout.Scaling);
            }
        }

        return DescribeResize(stated, root);
    }

    private static StatedModel DescribeResize(StatedModel stated, Field root)
    {
        if (root[$"{Preprocess}ResizeMethod"] is not { } resize)
        {
            return stated;
        }

        return resize.Text() switch
        {
            "Stretch" => stated with
            {
                Resize = resize.State(ResizeMode.Stretch),
                Filter = resize.State(ImageFilter.Bicubic), // Pillow's default
                Antialias = resize.State(true),
                Round = resize.State(true),
            },
            "ByShorterSide" => DescribeCrop(stated, root) ?? stated.Warn(
                $"{resize.Source} is {resize.Quote()}, which is read only with OneCropCenter of a size that fits into "
                + "the shorter side; it is not used",
                DoubtAbout.Resizing),

            // What the other methods do is not documented.
            _ => stated.Warn(
                $"{resize.Source} is {resize.Quote()}, which is not documented; it is not used", DoubtAbout.Resizing),
        };
    }

    /// <summary>The centre after the shorter side was resized; null where the fields say something else.</summary>
    private static StatedModel? DescribeCrop(StatedModel stated, Field root)
    {
        if (root[$"{Preprocess}CropMethod"] is not { Node: DataText { Text: "OneCropCenter" } } method
            || Size("TargetHeight") is not var (side, shorter)
            || Size("TargetWidth")?.Length != side
            || Size("CropHeight") is not var (height, tall)
            || Size("CropWidth") is not var (width, wide)
            || side < Math.Max(height, width))
        {
            return null;
        }

        return stated with
        {
            Height = tall.State(height),
            Width = wide.State(width),
            Resize = method.State(ResizeMode.Crop),
            ResizeTo = shorter.State(ResizeTarget.Shorter(side)),
        };

        // Sizes are texts such as "224.0".
        (int Length, Field Field)? Size(string name) =>
            root[$"{Preprocess}{name}"] is { Node: DataText text } field
            && double.TryParse(text.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= ushort.MaxValue && number == Math.Truncate(number)
                ? ((int)number, field)
                : null;
    }

    private static bool IsAll(Field numbers, double neutral) =>
        numbers.Node is DataText text
        && text.Text.Trim('[', ']', ' ').Split(',').All(one =>
            double.TryParse(one, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number == neutral);
}
