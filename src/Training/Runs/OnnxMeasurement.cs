using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Runs;

/// <summary>
/// What a written model does in ONNX Runtime, served as the service serves it: one image a run, one thread.
/// </summary>
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

    public string Summary =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"test {Right} of {Total} ({Accuracy:P2})  {MedianMicroseconds:F0} µs an image");

    /// <exception cref="InvalidOperationException">A logit differs by more, or is not a number.</exception>
    public void RequireLogits(ReadOnlySpan<float> expected, double maxDifference)
    {
        var difference = LargestDifference(expected);
        if (!(difference <= maxDifference)) // NaN must not pass
        {
            throw new InvalidOperationException(
                "ONNX Runtime's logits differ from TorchSharp's by "
                    + $"{difference.ToString("E1", CultureInfo.InvariantCulture)}; nothing was written.");
        }
    }

    public static OnnxMeasurement Of(byte[] model, LabelledImages images, double scale, float[] mean, float[] std)
    {
        var onnx = OnnxModel.Load(model, new OnnxSettings());
        using var classifier = new OnnxClassifier(
            onnx,
            onnx.Inputs[0],
            onnx.Outputs[0],
            [1, images.Channels, images.Height, images.Width]);
        using var run = classifier.Rent();

        var logits = new List<float>();
        var microseconds = new double[images.Count];
        for (var i = 0; i < images.Count; i++)
        {
            for (var p = 0; p < run.Input.Length; p++)
            {
                var channel = p / (images.Height * images.Width);
                run.Input[p] =
                    ((images.Pixels[(i * run.Input.Length) + p] * (float)scale) - mean[channel]) / std[channel];
            }

            var start = Stopwatch.GetTimestamp();
            run.Execute();
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;

            logits.AddRange(run.Output);
        }

        Array.Sort(microseconds);
        return new OnnxMeasurement(
            images.CountRight(CollectionsMarshal.AsSpan(logits)),
            images.Count,
            [.. logits],
            microseconds[images.Count / 2]);
    }
}
