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

        // What the other methods do is not documented.
        if (root["CustomVision.Preprocess.ResizeMethod"] is not { } resize)
        {
            return stated;
        }

        return resize.Text() == "Stretch"
            ? stated with
            {
                Resize = resize.State(ResizeMode.Stretch),
                Filter = resize.State(ImageFilter.Bicubic), // Pillow's default
                Antialias = resize.State(true),
                Round = resize.State(true),
            }
            : stated.Warn($"{resize.Source} is {resize.Quote()}, which is not documented; it is not used");
    }
}
