using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace SoftmaxService.Api.Settings;

/// <summary>The values that a setting may have, both ends included; a setting that is absent passes.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingRangeAttribute(double minimum, double maximum) : ValidationAttribute
{
    private const string OptionsSuffix = "Options";

    public double Minimum => minimum;

    public double Maximum => maximum;

    public string Requirement { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"must be between {minimum} and {maximum}.");

    public override bool IsValid(object? value) =>
        value is null
            || (
                Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number
                    && number >= minimum
                    && number <= maximum);

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) => IsValid(value)
        ? ValidationResult.Success
        : new ValidationResult($"{NameOf(validationContext.DisplayName)} {Requirement}");

    /// <summary>
    /// The setting's name as users write it. The generated validators pass <c>LoadOptions.RequestSeconds</c>; for an
    /// entry of a dictionary, our validator passes <c>Access:Keys:web.Burst</c>.
    /// </summary>
    private static string NameOf(string property)
    {
        var dot = property.LastIndexOf('.');
        var section = property[..dot];
        if (section.EndsWith(OptionsSuffix, StringComparison.Ordinal))
        {
            section = section[..^OptionsSuffix.Length];
        }

        return $"{section}:{property[(dot + 1)..]}";
    }
}
