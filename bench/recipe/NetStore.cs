using System.Collections.Concurrent;
using System.Globalization;
using SoftmaxService.Training.Data;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>The trained nets: a folder with <c>NAME.onnx</c>, and <c>NAME.txt</c> with accuracy and seconds.</summary>
internal sealed class NetStore(string folder)
{
    private const string CifarArchive = "cifar-10-binary.tar.gz";

    public string ModelPath(NetPlan plan) => Path.Combine(folder, $"{plan.Name}.onnx");

    /// <summary>CIFAR-10's test images, taken out of the archive.</summary>
    public string TestPhotographs => Path.Combine(folder, "test_batch.bin");

    /// <summary>The accuracy on the test images, and the seconds of training.</summary>
    public (double Accuracy, double Seconds) Read(NetPlan plan)
    {
        var parts = File.ReadAllText(RecordPath(plan)).Split(' ');
        return (
            double.Parse(parts[0], CultureInfo.InvariantCulture),
            double.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public bool Has(NetPlan plan) => File.Exists(RecordPath(plan));

    /// <summary>Trains what is missing, a net on each core, and starts none after the given time.</summary>
    /// <returns>How many are still missing.</returns>
    public int TrainMissing(string dataFolder, TimeSpan atMost)
    {
        NetPlan[] missing = [.. NetPlan.All.Where(plan => !Has(plan))];
        if (missing.Length == 0)
        {
            return 0;
        }

        Directory.CreateDirectory(folder);
        var end = DateTime.UtcNow + atMost;
        var mnist = Path.Combine(dataFolder, "mnist");
        var digits = LabelledImages.ReadIdx(mnist, "train", 10);
        var testDigits = LabelledImages.ReadIdx(mnist, "t10k", 10);
        var photographs = Cifar10Data.Read(Path.Combine(dataFolder, CifarArchive));
        Parallel.ForEach(
            Partitioner.Create(missing, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            plan =>
            {
                if (DateTime.UtcNow >= end)
                {
                    return;
                }

                var net = plan.DataSet == DataSet.Mnist
                    ? NetTrainer.Train(plan, digits, testDigits)
                    : NetTrainer.Train(plan, photographs.Training, photographs.Test);
                var record = string.Create(
                    CultureInfo.InvariantCulture, $"{net.Accuracy:F4} {net.Time.TotalSeconds:F1}");
                File.WriteAllBytes(ModelPath(plan), net.Model);
                File.WriteAllText(RecordPath(plan), record);
                Console.WriteLine($"{plan.Name}  {record}");
            });
        return missing.Count(plan => !Has(plan));
    }

    /// <summary>A folder with the net and a manifest, which is deleted when it is disposed.</summary>
    public NetVersion WithManifest(NetPlan plan, string manifest)
    {
        var version = new NetVersion(Directory.CreateTempSubdirectory("softmax-recipe-").FullName);
        File.Copy(ModelPath(plan), Path.Combine(version.Path, "model.onnx"));
        File.WriteAllText(Path.Combine(version.Path, "model.json"), manifest);
        return version;
    }

    /// <summary>Takes the test images out of the archive, which takes long to read.</summary>
    public void UnpackTestPhotographs(string dataFolder)
    {
        if (File.Exists(TestPhotographs))
        {
            return;
        }

        var test = Cifar10Data.Read(Path.Combine(dataFolder, CifarArchive)).Test;
        using var file = File.Create(TestPhotographs);
        for (var i = 0; i < test.Count; i++)
        {
            file.WriteByte(test.Labels[i]);
            file.Write(test.Pixels.AsSpan(i * test.BytesPerImage, test.BytesPerImage));
        }
    }

    private string RecordPath(NetPlan plan) => Path.Combine(folder, $"{plan.Name}.txt");
}

/// <summary>A temporary version of a net.</summary>
internal sealed record NetVersion(string Path) : IDisposable
{
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
