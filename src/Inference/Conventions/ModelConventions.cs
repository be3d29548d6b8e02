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
    /// Merges what the files state. Each value is from the first of: <c>preprocessor_config.json</c>,
    /// <c>config.json</c>, the graph's metadata, files of labels, Triton's, PaddleClas', and the other tools' files.
    /// </summary>
    /// <param name="folders">
    /// Where to look: the folder of the ONNX file, then those above it that belong to the model. Hugging Face keeps
    /// <c>config.json</c> above <c>onnx/model.onnx</c>, and Triton <c>config.pbtxt</c> above the versions.
    /// </param>
    /// <param name="metadata">The <c>metadata_props</c> of the ONNX file.</param>
    /// <param name="classCount">The number of classes, if the graph states it.</param>
    /// <exception cref="ConventionException">A file whose values matter is malformed.</exception>
    public static StatedModel Read(
        IReadOnlyList<string> folders, IReadOnlyDictionary<string, string> metadata, int? classCount)
    {
        var files = new SidecarFolders(folders);
        var stated = ReadHuggingFace(files, classCount).Over(GraphMetadata.Read(metadata, classCount));
        return stated
            .Over(LabelFiles.Read(files, classCount))
            .Over(Lenient.Read(() => files.Find(TritonConfig.FileName) is { } file
                ? TritonConfig.Read(file, files, classCount)
                : new StatedModel()))
            .Over(files.Find(PaddleConfig.FileName) is { } paddle
                ? PaddleConfig.Read(paddle, files, classCount)
                : new StatedModel())
            .Over(Lenient.Read(() => files.Find(TeachableMachine.FileName) is { } file
                ? TeachableMachine.Read(file, classCount)
                : new StatedModel()))
            .Over(Lenient.Read(() => files.Find(CustomVision.ManifestName) is { } file
                ? CustomVision.Read(file, files, classCount)
                : new StatedModel()))
            .Over(Lenient.Read(() => files.Find(MlflowModel.FileName) is { } file
                ? MlflowModel.Read(file)
                : new StatedModel()));
    }

    private static StatedModel ReadHuggingFace(SidecarFolders files, int? classCount)
    {
        Field? config = null;
        var warning = Lenient.Read(() =>
        {
            config = files.Find(ModelConfig.FileName) is { } file ? ModelConfig.Parse(file) : null;
            return new StatedModel();
        });
        var stated = files.Find(PreprocessorConfig.FileName) is { } preprocessor
            ? PreprocessorConfig.Read(preprocessor, config is null ? null : ModelConfig.ModelType(config))
            : new StatedModel();
        return stated.Over(warning).Over(config is null ? new StatedModel() : ModelConfig.Read(config, classCount));
    }
}
