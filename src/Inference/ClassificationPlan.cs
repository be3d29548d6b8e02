using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference;

/// <summary>
/// A caller's options resolved against one model, so that nothing is left to decide. Made once for a request and used
/// for each of its images. It is valid for as long as its model is.
/// </summary>
public sealed class ClassificationPlan
{
    /// <summary>Resolves the options.</summary>
    /// <param name="model">The model that will answer.</param>
    /// <param name="options">The caller's options.</param>
    /// <exception cref="InferenceException">The model has no quantile for <c>Alpha</c>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The temperature is not above 0 and finite, <c>TopK</c> is below 1, or <c>Alpha</c> is not inside 0…1.
    /// </exception>
    public ClassificationPlan(ClassifierModel model, ClassificationOptions options)
    {
        var topK = options.TopK ?? model.ClassCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(topK, 1);
        Model = model;
        Temperature = AppliedTemperature.Resolve(options.Temperature, model.CalibratedTemperature);
        if (!(Temperature.Value > 0 && float.IsFinite(Temperature.Value)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), Temperature.Value, "A temperature must be above 0 and finite.");
        }

        TopK = Math.Min(topK, model.ClassCount);
        Threshold = options.Threshold;
        Quantile = options.Alpha is { } alpha
            ? ConformalQuantile.For(model.Manifest.Calibration?.Conformal, alpha)
            : null;
    }

    /// <summary>The model that answers.</summary>
    public ClassifierModel Model { get; }

    /// <summary>The temperature of the answer's probabilities.</summary>
    public AppliedTemperature Temperature { get; }

    /// <summary>How many classes are returned, 1…K.</summary>
    public int TopK { get; }

    /// <summary>The answer abstains when its largest probability is below this; null never abstains.</summary>
    public float? Threshold { get; }

    /// <summary>The quantile of the prediction set; null where none was requested.</summary>
    public ConformalQuantile? Quantile { get; }
}
