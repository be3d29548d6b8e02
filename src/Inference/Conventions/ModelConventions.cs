using SoftmaxService.Inference.Conventions.HuggingFace;
using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// What other tools' files state about a model. Files are read, never run, and nothing is downloaded.
/// </summary>
internal static class ModelConventions
{
    private static readonly string[] Extensions = [".json", ".txt", ".pbtxt", ".yml", ".yaml", ".manifest"];

    /// <summary>Whether a file of this name may be read beside a model, also if another file names it.</summary>
    public static bool MayRead(string fileName) =>
        fileName == MlflowModel.FileName || Extensions.Contains(Path.GetExtension(fileName), StringComparer.Ordinal);

    /// <summary>
    /// What each file states, from the one that is believed first: <c>preprocessor_config.json</c>,
    /// <c>config.json</c>, the graph's metadata, files of labels, Triton's, PaddleClas', and the other tools' files.
    /// </summary>
    /// <param name="folders">
    /// Where to look: the folder of the ONNX file, then those above it that belong to the model. Hugging Face keeps
    /// <c>config.json</c> above <c>onnx/model.onnx</c>, and Triton <c>config.pbtxt</c> above the versions.
    /// </param>
    /// <param name="metadata">The <c>metadata_props</c> of the ONNX file.</param>
    /// <param name="classCount">The number of classes, if the graph states it.</param>
    /// <exception cref="ConventionException">A file whose values matter is malformed.</exception>
    public static IReadOnlyList<StatedModel> Read(
        IReadOnlyList<string> folders, IReadOnlyDictionary<string, string> metadata, int? classCount)
    {
        var files = new SidecarFolders(folders);
        return
        [
            .. ReadHuggingFace(files, classCount),
            .. GraphMetadata.Read(metadata, classCount),
            .. LabelFiles.Read(files, classCount),
            Lenient.Read(() => ReadIf(TritonConfig.FileName, file => TritonConfig.Read(file, files, classCount))),
            ReadIf(PaddleConfig.FileName, file => PaddleConfig.Read(file, files, classCount)),
            Lenient.Read(() => ReadIf(TeachableMachine.FileName, file => TeachableMachine.Read(file, classCount))),
            Lenient.Read(() => ReadIf(CustomVision.ManifestName, file => CustomVision.Read(file, files, classCount))),
            Lenient.Read(() => ReadIf(MlflowModel.FileName, MlflowModel.Read)),
        ];

        StatedModel ReadIf(string name, Func<Sidecar, StatedModel> read) =>
            files.Find(name) is { } file ? read(file) : new StatedModel();
    }

    private static IEnumerable<StatedModel> ReadHuggingFace(SidecarFolders files, int? classCount)
    {
        Field? config = null;
        var warning = Lenient.Read(() =>
        {
            config = files.Find(ModelConfig.FileName) is { } file ? ModelConfig.Parse(file) : null;
            return new StatedModel();
        });
        var preprocessor = files.Find(PreprocessorConfig.FileName) is { } found
            ? PreprocessorConfig.Read(found, config is null ? null : ModelConfig.ModelType(config))
            : new StatedModel();
        return [preprocessor, warning, .. config is null ? [] : ModelConfig.Read(config, classCount)];
    }
}
