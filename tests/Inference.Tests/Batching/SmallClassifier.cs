using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Batching;

/// <summary>A small classifier with a name of its own, which fails on some inputs, and queues for it.</summary>
internal sealed class SmallClassifier : IDisposable
{
    public const int MaxBatchSize = 4;

    private readonly OnnxClassifier _classifier = Open(SmallModels.Failing());

    public string Name { get; } = Guid.NewGuid().ToString();

    public static OnnxClassifier Open(byte[] onnx)
    {
        var model = OnnxModel.Load(onnx, new OnnxSettings());
        var classifier = new OnnxClassifier(model, model.Inputs[0], model.Outputs[0], [1, 1, 4, 4]);
        classifier.WarmUp(
            [new float[SmallModels.Pixels], [.. Enumerable.Repeat(0.5f, SmallModels.Pixels)]], MaxBatchSize);
        return classifier;
    }

    public RunQueue Queue(int slots) => new(_classifier, slots, Name, "1");

    /// <summary>An item whose first score is the value and whose other scores are 0.</summary>
    public OnnxRun Rent(float value)
    {
        var run = _classifier.Rent();
        run.Input.Clear();
        run.Output.Clear();
        run.Input[0] = value;
        return run;
    }

    /// <summary>Asserts that nothing is left: no item waits, no slot is taken, no buffer is rented.</summary>
    public void AssertIdle(RunQueue queue, OnnxRun[] runs, int slots)
    {
        Array.ForEach(runs, run => run.Dispose());
        // A runner reports its items before it passes its slot on.
        SpinWait.SpinUntil(() => queue.FreeSlots == slots, TimeSpan.FromSeconds(30));
        Assert.Equal((slots, 0), (queue.FreeSlots, queue.WaitingCount));
        Assert.Equal(1, _classifier.Leases);
    }

    public void Dispose() => _classifier.Dispose();
}
