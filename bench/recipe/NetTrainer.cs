using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Training.Data;
using static TorchSharp.torch;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>What was trained, and how well it does in ONNX Runtime on test images as its maker prepares them.</summary>
internal sealed record TrainedNet(byte[] Model, double Accuracy, TimeSpan Time);

internal static class NetTrainer
{
    private const int BatchSize = 128;
    private const double LearningRate = 3e-3;
    private const double WarmUp = 0.1;
    private const int TestBatchSize = 500;

    public static TrainedNet Train(NetPlan plan, LabelledImages training, LabelledImages test)
    {
        // For this thread: nets are trained side by side, each on one core.
        set_num_threads(1);
        var watch = Stopwatch.StartNew();
        using var net = new Net(plan);
        Fit(net, training);
        var model = NetExport.ToOnnx(net);
        var time = watch.Elapsed;
        return new TrainedNet(model, Accuracy(model, plan, test), time);
    }

    private static void Fit(Net net, LabelledImages training)
    {
        using var scope = NewDisposeScope();
        var optimizer = new Adam([.. net.Layers.SelectMany(layer => layer.Parameters)]);
        var pixels = Pixels(training);
        var labels = tensor(training.Labels).to_type(ScalarType.Int64);
        var random = new Random(net.Plan.Seed + 1000);
        var steps = (int)(net.Plan.Architecture.Epochs * training.Count / BatchSize);
        var order = new long[training.Count];
        var next = order.Length;
        for (var step = 0; step < steps; step++)
        {
            using var stepScope = NewDisposeScope();
            if (next + BatchSize > order.Length)
            {
                order = [.. Enumerable.Range(0, training.Count).Select(i => (long)i)];
                random.Shuffle(order);
                next = 0;
            }

            var batch = tensor(order[next..(next + BatchSize)]);
            next += BatchSize;
            var input = MakersTransform.Apply(net.Plan, pixels.index_select(0, batch));
            var loss = nn.functional.cross_entropy(net.Logits(input, isTraining: true), labels.index_select(0, batch));
            loss.backward();
            optimizer.Step(RateAt(step / (double)steps));
        }
    }

    /// <summary>Rises over the first tenth of the steps, then falls to 0 along half a cosine.</summary>
    private static double RateAt(double progress) =>
        progress < WarmUp
            ? LearningRate * progress / WarmUp
            : LearningRate * (1 + Math.Cos(Math.PI * (progress - WarmUp) / (1 - WarmUp))) / 2;

    private static double Accuracy(byte[] model, NetPlan plan, LabelledImages test)
    {
        using var scope = NewDisposeScope();
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(model, options);
        using var runOptions = new RunOptions();
        var pixels = Pixels(test);
        var logits = new List<float>();
        for (var start = 0; start < test.Count; start += TestBatchSize)
        {
            using var batchScope = NewDisposeScope();
            var count = Math.Min(TestBatchSize, test.Count - start);
            var input = MakersTransform.Apply(plan, pixels.narrow(0, start, count)).contiguous();
            using var value = OrtValue.CreateTensorValueFromMemory(input.data<float>().ToArray(), input.shape);
            using var outputs = session.Run(runOptions, ["input"], [value], ["logits"]);
            logits.AddRange(outputs[0].GetTensorDataAsSpan<float>());
        }

        return test.CountRight(logits.ToArray()) / (double)test.Count;
    }

    private static Tensor Pixels(LabelledImages images) =>
        tensor(images.Pixels).view(images.Count, images.Channels, images.Height, images.Width);
}
