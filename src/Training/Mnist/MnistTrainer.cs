using System.Globalization;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Mnist;

/// <summary>Trains a <see cref="DigitNet"/>, an epoch at a time, from where the checkpoint says.</summary>
internal sealed class MnistTrainer : IDisposable
{
    private const int EvaluationBatchSize = 250;

    private readonly LabelledImages _images;
    private readonly int _epochs;
    private readonly int _seed;
    private readonly NesterovSgd _optimizer;
    private readonly EpochLoop _loop;

    /// <param name="images">What is trained on.</param>
    /// <param name="validation">What each epoch is measured on, perhaps nothing.</param>
    /// <param name="epochs">How many epochs a whole run has; the learning rate's schedule depends on it.</param>
    /// <param name="seed">Seed of the net's start, the order of images and their augmentation.</param>
    /// <param name="checkpointPath">A file that need not exist.</param>
    public MnistTrainer(LabelledImages images, LabelledImages validation, int epochs, int seed, string checkpointPath)
    {
        _images = images;
        _epochs = epochs;
        _seed = seed;

        random.manual_seed(seed);
        Net = new DigitNet();
        _optimizer = new NesterovSgd(
            [
                .. Net.named_parameters()
                    .Select(p => new TrainedParameter(p.name, p.parameter, MnistRecipe.DecayOf(p.parameter))),
            ],
            MnistRecipe.Momentum);
        var checkpoint = new Checkpoint(
            checkpointPath,
            $"mnist epochs={epochs} seed={seed} images={images.Count}",
            [.. Net.state_dict().Values, .. _optimizer.Velocities.Select(v => v.Value)]);
        _loop = new EpochLoop(checkpoint, epochs, validation);
    }

    public DigitNet Net { get; }

    /// <summary>Time spent on all epochs, those before a stop included.</summary>
    public TimeSpan Elapsed => _loop.Elapsed;

    public void Run(Action<string> log)
    {
        _loop.Run(TrainEpoch, Logits, log);
        Net.eval();
    }

    /// <summary>The net's logits for every image, one row after the other.</summary>
    public float[] Logits(LabelledImages images)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Net.eval();
        var pixels = PixelsAsFloats(images);
        var logits = new List<Tensor>();
        for (var start = 0; start < images.Count; start += EvaluationBatchSize)
        {
            using var batchScope = NewDisposeScope();
            var batch = pixels.narrow(0, start, Math.Min(EvaluationBatchSize, images.Count - start));
            logits.Add(Net.call(Normalize(batch)).MoveToOuterDisposeScope());
        }

        return cat(logits).data<float>().ToArray();
    }

    public void Dispose()
    {
        Net.Dispose();
        foreach (var (_, velocity) in _optimizer.Velocities)
        {
            velocity.Dispose();
        }
    }

    private string TrainEpoch(int epoch)
    {
        using var epochScope = NewDisposeScope();
        Net.train();

        // Seeded an epoch at a time, so that a run that goes on from a checkpoint ends like one that was never stopped.
        random.manual_seed(EpochSeed(epoch));
        using var generator = new Generator((ulong)EpochSeed(epoch));
        var augmentation = new Augmentation(generator);
        var pixels = PixelsAsFloats(_images);
        var labels = LabelsAsIndices(_images);
        var order = randperm(_images.Count, generator: generator);
        var steps = (int)Math.Ceiling(_images.Count / (double)MnistRecipe.BatchSize);
        var totalLoss = 0.0;

        for (var step = 0; step < steps; step++)
        {
            using var stepScope = NewDisposeScope();
            var batch = order.narrow(
                0,
                (long)step * MnistRecipe.BatchSize,
                Math.Min(MnistRecipe.BatchSize, _images.Count - (step * MnistRecipe.BatchSize)));
            var input = Normalize(augmentation.Apply(pixels.index_select(0, batch)));
            var loss = nn.functional.cross_entropy(
                Net.call(input),
                labels.index_select(0, batch),
                label_smoothing: MnistRecipe.LabelSmoothing);
            loss.backward();
            nn.utils.clip_grad_norm_(Net.parameters(), MnistRecipe.MaxGradientNorm);
            _optimizer.Step(MnistRecipe.LearningRate((epoch + (step / (double)steps)) / _epochs));
            totalLoss += loss.item<float>() * batch.shape[0];
        }

        return string.Create(CultureInfo.InvariantCulture, $"loss {totalLoss / _images.Count:F4}");
    }

    private long EpochSeed(int epoch) => (_seed * 1_000_003L) + epoch + 1;

    private static Tensor PixelsAsFloats(LabelledImages images) =>
        tensor(images.Pixels)
            .view(images.Count, 1, images.Height, images.Width)
            .to_type(ScalarType.Float32)
            .mul_(MnistRecipe.PixelScale);

    private static Tensor LabelsAsIndices(LabelledImages images) => tensor(images.Labels).to_type(ScalarType.Int64);

    private static Tensor Normalize(Tensor images) => (images - MnistRecipe.Mean) / MnistRecipe.Std;
}
