using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Imaging</c>: where images are decoded.</summary>
internal sealed class ImagingOptions : IValidatableObject
{
    private const string None = "none";
    private const string Process = "process";

    /// <summary>
    /// <c>process</c> to decode images in processes of their own, so that a file that ends a decoder does not end the
    /// service; <c>none</c> to decode them in the service's.
    /// </summary>
    public string Isolation { get; set; } = None;

    internal bool IsIsolated => string.Equals(Isolation, Process, StringComparison.OrdinalIgnoreCase);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsIsolated && !string.Equals(Isolation, None, StringComparison.OrdinalIgnoreCase))
        {
            yield return new ValidationResult($"Imaging:Isolation is '{Isolation}'. It must be {None} or {Process}.");
        }
        else if (IsIsolated && !OperatingSystem.IsLinux())
        {
            yield return new ValidationResult(
                $"Imaging:Isolation is '{Process}', which needs Linux: only there can a process be limited. Leave it "
                + "out.");
        }
    }
}

[OptionsValidator]
internal sealed partial class ImagingOptionsValidator : IValidateOptions<ImagingOptions>;
