using BenchmarkDotNet.Attributes;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// The same race in BenchmarkDotNet: one process per contestant, long runs, confidence intervals.
/// </summary>
public class SoftmaxBenchmarks : IDisposable
{
    private Shape _shape = null!; // Set before every benchmark.
    private OnnxSoftmax _onnx = null!;
    private Contestant[] _others = [];

    [Params("1x10", "64x10", "4096x10", "1x1000", "64x1000", "1x32000", "8x128256", "1x16000000")]
    public string RowsByClasses { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        var sizes = RowsByClasses.Split('x');
        _shape = new Shape(int.Parse(sizes[0]), int.Parse(sizes[1]));
        _onnx = new OnnxSoftmax(_shape);
        _others =
        [
            new Ours(_shape),
            new TensorPrimitivesSoftMax(_shape),
            new TensorPrimitivesDivideSoftMax(_shape),
            new SafeComposition(_shape),
            new ScalarThreePass(_shape),
            new VectorRead(_shape),
            new MemoryCopy(_shape),
            new ReadAndNonTemporalCopy(_shape),
        ];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _onnx.Dispose();
        _shape.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void Ours() => _others[0].Run(1);

    [Benchmark]
    public void TensorPrimitivesSoftMax() => _others[1].Run(1);

    [Benchmark]
    public void TensorPrimitivesDivideSoftMax() => _others[2].Run(1);

    [Benchmark]
    public void OverflowSafeComposition() => _others[3].Run(1);

    [Benchmark]
    public void ScalarThreePass() => _others[4].Run(1);

    [Benchmark]
    public void OnnxRuntime() => _onnx.Run(1);

    [Benchmark]
    public void Read() => _others[5].Run(1);

    [Benchmark]
    public void BufferMemoryCopy() => _others[6].Run(1);

    [Benchmark]
    public void ReadAndNonTemporalCopy() => _others[7].Run(1);
}
