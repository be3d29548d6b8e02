using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SoftmaxService.HttpBenchmarks.Parts;

/// <summary>
/// ONNX Runtime runs a model on one image and one thread. Input and output are bound once.
/// </summary>
internal sealed class RunPart : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly OrtValue _input;
    private readonly OrtValue _output;
    private readonly OrtIoBinding _binding;

    public RunPart(string modelPath)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(modelPath, options);
        var (inputName, outputName) = (_session.InputNames[0], _session.OutputNames[0]);
        _input = Allocate(_session.InputMetadata[inputName]);
        _output = Allocate(_session.OutputMetadata[outputName]);
        var random = new Random(1);
        foreach (ref var value in _input.GetTensorMutableDataAsSpan<float>())
        {
            value = random.NextSingle();
        }

        _binding = _session.CreateIoBinding();
        _binding.BindInput(inputName, _input);
        _binding.BindOutput(outputName, _output);
    }

    public void Once() => _session.RunWithBinding(_runOptions, _binding);

    public void Dispose()
    {
        _binding.Dispose();
        _input.Dispose();
        _output.Dispose();
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static OrtValue Allocate(NodeMetadata node)
    {
        // An open batch axis takes one image.
        long[] shape = [.. node.Dimensions.Select(size => (long)Math.Max(1, size))];
        return OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float, shape);
    }
}
