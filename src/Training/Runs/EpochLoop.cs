using System.Diagnostics;
using System.Globalization;
using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Runs;

/// <summary>A whole training run: epochs from where the checkpoint says, each measured and kept.</summary>
/// <param name="checkpoint">Where the run goes on from.</param>
/// <param name="epochs">How many epochs a whole run has.</param>
/// <param name="validation">What each epoch is measured on, perhaps nothing.</param>
internal sealed class EpochLoop(Checkpoint checkpoint, int epochs, LabelledImages validation)
{
    /// <summary>Time spent on all epochs, those before a stop included, without measuring.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <param name="train">Trains the epoch of this number, from 0, and says how it went.</param>
    /// <param name="logits">What the net says about images.</param>
    /// <param name="log">Takes one line per epoch.</param>
    public void Run(Func<int, string> train, Func<LabelledImages, float[]> logits, Action<string> log)
    {
        var first = 0;
        if (checkpoint.TryLoad(out var finishedEpochs, out var elapsed))
        {
            (first, Elapsed) = (finishedEpochs, elapsed);
            log($"goes on after epoch {first} of {epochs}");
        }

        for (var epoch = first; epoch < epochs; epoch++)
        {
            var clock = Stopwatch.StartNew();
            var trained = train(epoch);
            var seconds = clock.Elapsed.TotalSeconds;
            Elapsed += clock.Elapsed;
            checkpoint.Save(epoch + 1, Elapsed);

            var measured =
                validation.Count > 0
                    ? $"  wrong {validation.Count - validation.CountRight(logits(validation))} of {validation.Count}"
                    : "";
            log(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"epoch {epoch + 1, 3} of {epochs}  {trained}{measured}  {seconds:F0} s"));
        }
    }
}
