using Microsoft.ML.OnnxRuntime;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// A model of one Softmax node, without a temperature, on one thread. Input and output are bound to the shape's memory.
/// </summary>
internal sealed unsafe class OnnxSoftmax : Contestant, IDisposable
{
    public const string Title = "ONNX Runtime";

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly OrtValue _input;
    private readonly OrtValue _output;
    private readonly string[] _inputNames = ["logits"];
    private readonly string[] _outputNames = ["probabilities"];
    private readonly OrtValue[] _inputs;
    private readonly OrtValue[] _outputs;

    public OnnxSoftmax(Shape shape)
        : base(Title, shape)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        };
        _session = new InferenceSession(Model(shape), options);
        _input = Bind(shape.Logits, shape);
        _output = Bind(shape.Probabilities, shape);
        (_inputs, _outputs) = ([_input], [_output]);
    }

    public override void Run(int repetitions)
    {
        for (var i = 0; i < repetitions; i++)
        {
            _session.Run(_runOptions, _inputNames, _inputs, _outputNames, _outputs);
        }
    }

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static byte[] Model(Shape shape)
    {
        var graph = new OnnxGraphBuilder("softmax");
        var logits = graph.Input("logits", DataType.Float, shape.RowCount, shape.ClassCount);
        var probabilities = graph.Node("Softmax", [logits], "probabilities", ("axis", 1));
        graph.Output(probabilities, DataType.Float, shape.RowCount, shape.ClassCount);
        return graph.ToByteArray();
    }

    private static OrtValue Bind(Span<float> memory, Shape shape)
    {
        fixed (float* start = memory) // Native memory does not move.
        {
            return OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float,
                [shape.RowCount, shape.ClassCount], (nint)start, (long)memory.Length * sizeof(float));
        }
    }
}
