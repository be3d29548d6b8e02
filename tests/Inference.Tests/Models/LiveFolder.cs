using Microsoft.Extensions.Time.Testing;
using SkiaSharp;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// A model folder and the repository that watches it, with a fake clock.
/// </summary>
internal sealed class LiveFolder : IDisposable
{
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    // The models differ in their class counts, so the files differ in length.
    public static readonly byte[] Three = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);
    public static readonly byte[] Four = ModelFolder.PickFirst(4, 16, "batch", 1, 4, 4);
    public static readonly byte[] Garbage = [1, 2, 3];

    private static readonly byte[] Image = EncodedImages.Encode(4, 4, (_, _) => SKColors.Gray);

    private readonly ModelFolder _folder = new();
    private ModelRepository? _repository;

    public FakeTimeProvider Time { get; } = new();

    public Dictionary<string, VersionPolicy> Policies { get; } = [];

    public List<ModelChange> Changes { get; } = [];

    public string Path => _folder.Path;

    /// <summary>The repository, which loads the folder's content on first use.</summary>
    public ModelRepository Repository => _repository ??= Start();

    public ModelCatalog Current => Repository.Current;

    public IEnumerable<string> Served =>
        Current.Models.Select(model => $"{model.Name}/{model.Version}:{model.ClassCount}");

    public string At(string relativePath) => System.IO.Path.Combine(Path, relativePath);

    public LiveFolder With(string relativePath, byte[] onnx, string? manifest = null)
    {
        _folder.With(relativePath, onnx, manifest);
        return this;
    }

    public LiveFolder With(string model, VersionPolicy policy)
    {
        Policies.Add(model, policy);
        return this;
    }

    /// <summary>Waits until changes have settled, and loads them.</summary>
    public void Follow()
    {
        Repository.Scan();
        Time.Advance(SettleTime);
        Repository.Scan();
        Repository.LoadDue();
        Repository.Scan();
    }

    public static int Classify(ClassifierModel model) =>
        ImageClassifier.Classify(model, Image, new ClassificationOptions()).Predictions.Count;

    public static bool IsFreed(ClassifierModel model)
    {
        try
        {
            Classify(model);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        _repository?.Dispose();
        _folder.Dispose();
    }

    private ModelRepository Start()
    {
        // No time limit for a load, because tests advance their clock by minutes during one.
        var settings = new RepositorySettings
        {
            Folder = Path,
            SettleTime = SettleTime,
            PollInterval = TimeSpan.FromHours(1),
            LoadTime = Timeout.InfiniteTimeSpan,
            Versions = Policies,
        };
        var repository = new ModelRepository(settings, Time);
        repository.Changed += change =>
        {
            lock (Changes)
            {
                Changes.Add(change);
            }
        };
        repository.LoadAll();
        Changes.Clear();
        return repository;
    }
}
