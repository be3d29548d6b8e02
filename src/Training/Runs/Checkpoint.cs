using TorchSharp;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Runs;

/// <summary>
/// The state of a training run on disk: how far it is, and the tensors that make it up, in a fixed order.
/// </summary>
/// <param name="path">The file; it need not exist.</param>
/// <param name="run">What the run is; a checkpoint of another run is rejected.</param>
/// <param name="state">What is written, and overwritten by loading.</param>
internal sealed class Checkpoint(string path, string run, IReadOnlyList<Tensor> state)
{
    public bool TryLoad(out int finishedEpochs, out TimeSpan elapsed)
    {
        (finishedEpochs, elapsed) = (0, TimeSpan.Zero);
        if (!File.Exists(path))
        {
            return false;
        }

        using var reader = new BinaryReader(File.OpenRead(path));
        var writtenBy = reader.ReadString();
        if (writtenBy != run)
        {
            throw new InvalidDataException(
                $"The checkpoint {path} belongs to the run '{writtenBy}', not to '{run}'. Delete it or name another "
                    + "folder.");
        }

        finishedEpochs = reader.ReadInt32();
        elapsed = TimeSpan.FromSeconds(reader.ReadDouble());
        using var noGradient = no_grad();
        foreach (var tensor in state)
        {
            tensor.Load(reader);
        }

        return true;
    }

    public void Save(int finishedEpochs, TimeSpan elapsed)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!); // a file's full path has a folder
        var unfinished = path + ".tmp";
        using (var writer = new BinaryWriter(File.Create(unfinished)))
        {
            writer.Write(run);
            writer.Write(finishedEpochs);
            writer.Write(elapsed.TotalSeconds);
            foreach (var tensor in state)
            {
                tensor.Save(writer);
            }
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
