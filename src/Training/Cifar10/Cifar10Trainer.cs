using System.Diagnostics;
using System.Globalization;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Cifar10;

/// <summary>Trains a <see cref="PhotoNet"/>, an epoch at a time, from where the checkpoint says.</summary>
internal sealed class Cifar10Trainer : IDisposable
{
    private const int EvaluationBatchSize = 250;
    private const int StepsBetweenLines = 11;

    private readonly LabelledImages _images;
    private readonly int _epochs;
    private readonly int _seed;
    private readonly ImageBatches _batches;
    private readonly NesterovSgd _optimizer;
    private readonly IReadOnlyList<Tensor> _slow;
    private readonly EpochLoop _loop;

    /// <param name="images">What is trained on.</param>
    /// <param name="validation">What each epoch is measured on, perhaps nothing.</param>
    /// <param name="widths">Channels of the net's blocks.</param>
    /// <param name="epochs">How many epochs a whole run has; the learning rate's schedule depends on it.</param>
    /// <param name="seed">Seed of the net's start, the order of images and their augmentation.</param>
    /// <param name="checkpointPath">A file that need not exist.</param>
    public Cifar10Trainer(
        LabelledImages images,
        LabelledImages validation,
        IReadOnlyList<int> widths,
        int epochs,
        int seed,
        string checkpointPath)
    {
        _images = images;
        _epochs = epochs;
        _seed = seed;
        _batches = BatchesOf(images);

        random.manual_seed(seed);
        Net = new PhotoNet(widths);
        using (NewDisposeScope())
        {
            Net.Whiten(
                _batches.MakePlain(0, Math.Min(images.Count, Cifar10Recipe.WhiteningImages)),
                Cifar10Recipe.WhiteningEpsilon);
        }

        _optimizer = new NesterovSgd([.. Parameters()], Cifar10Recipe.Momentum);
        using (no_grad())
        {
            _slow = [.. Net.State.Select(tensor => tensor.detach().clone().DetachFromDisposeScope())];
        }

        var checkpoint = new Checkpoint(
            checkpointPath,
            $"cifar10 widths={string.Join('/', widths)} epochs={epochs} seed={seed} images={images.Count}",
            [.. Net.State, .. _slow, .. _optimizer.Velocities.Select(v => v.Value)]);
        _loop = new EpochLoop(checkpoint, epochs, validation);
    }

    public PhotoNet Net { get; }

    /// <summary>Time spent on all epochs, those before a stop included.</summary>
    public TimeSpan Elapsed => _loop.Elapsed;

    private int StepsPerEpoch => Math.Max(1, _images.Count / Cifar10Recipe.BatchSize);

    private int BatchSize => Math.Min(_images.Count, Cifar10Recipe.BatchSize);

    public void Run(Action<string> log) => _loop.Run(epoch => TrainEpoch(epoch, log), Logits, log);

    /// <summary>The logits for every image as they are served, one row after the other.</summary>
    public float[] Logits(LabelledImages images)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var batches = BatchesOf(images);
        var logits = new List<Tensor>();
        for (var start = 0; start < images.Count; start += EvaluationBatchSize)
        {
            using var batchScope = NewDisposeScope();
            var batch = batches.MakePlain(start, Math.Min(EvaluationBatchSize, images.Count - start));
            logits.Add(Net.ForwardBothWays(batch).MoveToOuterDisposeScope());
        }

        return cat(logits).data<float>().ToArray();
    }

    public void Dispose()
    {
        Net.Dispose();
        foreach (var tensor in _slow.Concat(_optimizer.Velocities.Select(velocity => velocity.Value)))
        {
            tensor.Dispose();
        }
    }

    private static ImageBatches BatchesOf(LabelledImages images) =>
        new(images, Cifar10Recipe.PixelScale, Cifar10Recipe.Mean, Cifar10Recipe.Std);

    private IEnumerable<TrainedParameter> Parameters()
    {
        var (decay, biasDecay) = (
            Cifar10Recipe.WeightDecay(1),
            Cifar10Recipe.WeightDecay(Cifar10Recipe.BiasLearningRateScale));
        yield return new TrainedParameter("whitening bias", Net.WhiteningBias, decay);
        yield return new TrainedParameter("head", Net.HeadWeight, decay);
        foreach (var layer in Net.Layers)
        {
            yield return new TrainedParameter("kernel", layer.Kernel, decay);
            yield return new TrainedParameter(
                "norm's bias",
                layer.Bias,
                biasDecay,
                Cifar10Recipe.BiasLearningRateScale);
        }
    }

    private string TrainEpoch(int epoch, Action<string> log)
    {
        using var epochScope = NewDisposeScope();
        Net.WhiteningBias.requires_grad = epoch < Cifar10Recipe.WhiteningBiasEpochs;

        var labels = tensor(_images.Labels).to_type(ScalarType.Int64);
        var placements = Place(epoch);
        var totalSteps = (double)StepsPerEpoch * _epochs;
        var (totalLoss, totalRight) = (0.0, 0L);
        var clock = Stopwatch.StartNew();

        for (var step = 0; step < StepsPerEpoch; step++)
        {
            using var stepScope = NewDisposeScope();
            var placed = placements.AsSpan(step * BatchSize, BatchSize);
            var truth = labels.index_select(
                0,
                tensor(Array.ConvertAll(placed.ToArray(), placement => (long)placement.Image)));
            var logits = Net.Forward(_batches.Make(placed), ScalarType.BFloat16, training: true);
            var loss = nn.functional.cross_entropy(
                logits,
                truth,
                reduction: nn.Reduction.Sum,
                label_smoothing: Cifar10Recipe.LabelSmoothing);
            loss.backward();

            var stepsBefore = ((double)epoch * StepsPerEpoch) + step;
            _optimizer.Step(Cifar10Recipe.LearningRate(stepsBefore / totalSteps));
            LookAhead(stepsBefore + 1, totalSteps);

            totalLoss += loss.item<float>();
            totalRight += logits.argmax(1).eq(truth).sum().item<long>();
            if ((step + 1) % StepsBetweenLines == 0)
            {
                var seen = (step + 1.0) * BatchSize;
                log(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"epoch {epoch + 1, 3} of {_epochs}  step {step + 1} of {StepsPerEpoch}  loss "
                            + $"{totalLoss / seen:F4}  {seen / clock.Elapsed.TotalSeconds:F0} images/s"));
            }
        }

        var images = (double)StepsPerEpoch * BatchSize;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"loss {totalLoss / images:F4}  right while training {totalRight / images:P2}");
    }

    /// <summary>
    /// Every image's place in the epoch's order, its shift, whether it is mirrored and what is cut out.
    /// </summary>
    private Placement[] Place(int epoch)
    {
        // Seeded an epoch at a time, so that a run that goes on from a checkpoint ends like one that was never stopped.
        using var generator = new Generator((ulong)((_seed * 1_000_003L) + epoch + 1));
        using var firstGenerator = new Generator((ulong)(_seed * 1_000_003L));
        var order = randperm(_images.Count, generator: generator).data<long>().ToArray();
        var shifts = randint(
                -Cifar10Recipe.MaxShift,
                Cifar10Recipe.MaxShift + 1,
                [_images.Count, 2],
                generator: generator)
            .data<long>()
            .ToArray();
        var cuts = randint(0, _images.Width - Cifar10Recipe.CutSize + 1, [_images.Count, 2], generator: generator)
            .data<long>()
            .ToArray();
        var coins = randint(0, 2, [_images.Count], generator: firstGenerator).data<long>().ToArray();
        return [.. order.Select(image => new Placement(
            (int)image,
            (coins[image] + epoch) % 2 == 1,
            (int)shifts[2 * image],
            (int)shifts[(2 * image) + 1],
            new Square((int)cuts[2 * image], (int)cuts[(2 * image) + 1], Cifar10Recipe.CutSize)))];
    }

    /// <summary>
    /// A slow copy of the net follows it, and every few steps the net goes on from there; at the end the slow copy is
    /// the net.
    /// </summary>
    private void LookAhead(double steps, double totalSteps)
    {
        var last = steps >= totalSteps;
        if (steps % Cifar10Recipe.LookaheadSteps != 0 && !last)
        {
            return;
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var follow = 1 - Cifar10Recipe.LookaheadDecay(steps / totalSteps);
        foreach (var (slow, fast) in _slow.Zip(Net.State))
        {
            if (steps % Cifar10Recipe.LookaheadSteps == 0)
            {
                slow.add_(fast - slow, alpha: follow);
            }

            fast.copy_(slow);
        }
    }
}
