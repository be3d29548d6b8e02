using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Training.Data;

namespace SoftmaxService.Training;

/// <summary>What a written model does in ONNX Runtime, served as the service serves it: one image a run, one thread.</summary>
/// <param name="Right">Images whose largest logit is the right class.</param>
/// <param name="Total">All images.</param>
/// <param name="Logits">One row an image.</param>
/// <param name="MedianMicroseconds">Of one run.</param>
internal sealed record OnnxMeasurement(int Right, int Total, float[] Logits, double MedianMicroseconds)
{
    public double Accuracy => Right / (double)Total;

    /// <summary>The largest difference from the logits of the net that was written.</summary>
    public double LargestDifference(ReadOnlySpan<float> expected)
    {
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(Logits[i] - expected[i]));
        }

        return largest;
    }

    public static OnnxMeasurement Of(byte[] model, LabelledImages images, double scale, float mean, float std)
    {
        OrtEnv.Instance().DisableTelemetryEvents();
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(model, options);
        using var runOptions = new RunOptions();
        var inputNames = session.InputNames;
        var outputNames = session.OutputNames;
        var pixels = new float[images.PixelsPerImage];
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 1, images.Height, images.Width]);

        var logits = new List<float>();
        var microseconds = new double[images.Count];
        for (var i = 0; i < images.Count; i++)
        {
            for (var p = 0; p < pixels.Length; p++)
            {
                pixels[p] = ((images.Pixels[(i * pixels.Length) + p] * (float)scale) - mean) / std;
            }

            var start = Stopwatch.GetTimestamp();
            using var outputs = session.Run(runOptions, inputNames, [input], outputNames);
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;

            logits.AddRange(outputs[0].GetTensorDataAsSpan<float>());
        }

        Array.Sort(microseconds);
        return new OnnxMeasurement(images.CountRight(CollectionsMarshal.AsSpan(logits)), images.Count, [.. logits], microseconds[images.Count / 2]);
    }
}
