using SoftmaxService.Inference.Models;

namespace SoftmaxService.Training.Runs;

/// <summary>Writes a model version's folder.</summary>
internal static class ModelFolder
{
    public static void Write(string folder, byte[] model, ModelManifest manifest)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model);
        File.WriteAllBytes(Path.Combine(folder, ModelManifest.FileName), [.. manifest.ToUtf8Json(), (byte)'\n']);
    }
}
