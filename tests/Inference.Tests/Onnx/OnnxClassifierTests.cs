using System.Runtime.InteropServices;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Onnx;

public sealed partial class OnnxClassifierTests : IDisposable
{
    private readonly ModelFolder _folder = new ModelFolder().With(
        "a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
    private readonly OnnxClassifier _classifier;

    public OnnxClassifierTests()
    {
        var model = OnnxModel.Load(Path.Combine(_folder.Path, "a", "1", "model.onnx"), new OnnxSettings());
        _classifier = new OnnxClassifier(model, model.Inputs[0], model.Outputs[0], [1, 1, 4, 4]);
    }

    [Fact]
    public void Execute_KnownModel_GivesItsScores()
    {
        using var run = _classifier.Rent();
        Fill(run, 7f);

        run.Execute();

        Assert.Equal([7f, 8f, 9f], run.Output.ToArray());
    }

    [Fact]
    public void Rent_FromManyThreads_KeepsRunsApart() => Parallel.For(0, 2000, value =>
    {
        using var run = _classifier.Rent();
        Fill(run, value);
        run.Execute();
        Assert.Equal([value, value + 1f, value + 2f], run.Output.ToArray());
    });

    [Fact]
    public void WarmUp_LastSampleFails_DoesNotMatter()
    {
        var model = OnnxModel.Load(SmallModels.Failing(), new OnnxSettings());
        using var classifier = new OnnxClassifier(model, model.Inputs[0], model.Outputs[0], [1, 1, 4, 4]);
        var bad = new float[SmallModels.Pixels];
        bad[0] = 1f;

        Assert.Single(classifier.WarmUp([new float[SmallModels.Pixels], bad], maxBatchSize: 1));
    }

    [Fact]
    public void Dispose_ARunTwice_GivesItsBuffersBackOnce()
    {
        var run = _classifier.Rent();
        run.Dispose();
        run.Dispose();

        using var first = _classifier.Rent();
        using var second = _classifier.Rent();
        Assert.NotSame(first, second);
    }

    [Fact]
    public void Rent_AfterDispose_IsRejected()
    {
        _classifier.Dispose();

        Assert.Throws<ObjectDisposedException>(_classifier.Rent);
    }

    [Fact]
    public void Dispose_WhileARunIsRented_LetsItFinish()
    {
        var run = _classifier.Rent();
        _classifier.Dispose();
        Fill(run, 1f);

        run.Execute();

        Assert.Equal([1f, 2f, 3f], run.Output.ToArray());
        run.Dispose();
        Assert.Throws<ObjectDisposedException>(_classifier.Rent);
    }

    [Fact]
    public void Dispose_WhileManyRun_HarmsNone()
    {
        // Runs are counted when they begin, so the loop may start in the middle of one.
        int begun = 0, finished = 0;
        Parallel.For(0, 400, value =>
        {
            if (Interlocked.Increment(ref begun) == 200)
            {
                _classifier.Dispose();
                return;
            }

            try
            {
                using var run = _classifier.Rent();
                Fill(run, value);
                run.Execute();
                Assert.Equal(value, run.Output[0]);
                Interlocked.Increment(ref finished);
            }
            catch (ObjectDisposedException)
            {
                // Rejected, as expected once the model is disposed.
            }
        });

        Assert.InRange(finished, 1, 399);
    }

    [Fact]
    public void Load_AnyModel_SwitchesTelemetryOffForTheNativeLibraryToo()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("1", Marshal.PtrToStringUTF8(NativeVariable("ORT_DISABLE_TELEMETRY")));
        }
    }

    public void Dispose()
    {
        _classifier.Dispose();
        _folder.Dispose();
    }

    private static void Fill(OnnxRun run, float first)
    {
        for (var i = 0; i < run.Input.Length; i++)
        {
            run.Input[i] = first + i;
        }
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeVariable(string name);
}
