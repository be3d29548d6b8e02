using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// <c>metadata.json</c> of Google's Teachable Machine. The square centre of an image is resized and brought to −1…1
/// (https://github.com/googlecreativelab/teachablemachine-community, snippets/markdown/image/tensorflow/keras.md).
/// </summary>
internal static class TeachableMachine
{
    public const string FileName = "metadata.json";

    private const string PackageName = "@teachablemachine/image";

    /// <returns>Nothing if another tool wrote the file.</returns>
    /// <exception cref="ConventionException">It is malformed.</exception>
    public static StatedModel Read(Sidecar file, int? classCount)
    {
        var root = JsonTree.Parse(file.Name, file.Content);
        if (root["packageName"] is not { Node: DataText { Text: PackageName } } package
            || !root.Has("tfjsVersion"))
        {
            return new StatedModel();
        }

        var labels = root["labels"] is { } names
            ? LabelNames.Read(names, classCount).State(names.Source, classCount)
            : new StatedModel();
        return labels.Over(new StatedModel
        {
            Height = root["imageSize"] is { } height ? height.State(height.Size()) : package.State(224),
            Width = root["imageSize"] is { } width ? width.State(width.Size()) : package.State(224),
            Color = package.State(PixelColor.Rgb),
            Scale = package.State(1.0 / 127.5),
            Mean = package.State<IReadOnlyList<float>>([1]),
            Std = package.State<IReadOnlyList<float>>([1]),
            Resize = package.State(ResizeMode.Crop),
            Filter = package.State(ImageFilter.Lanczos),
            Antialias = package.State(true),
            Round = package.State(true),
        });
    }
}
