using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>
/// Rejects a name in a section that is not a setting, and a number or switch without a value, since their author
/// expects an effect. The binder passes over an empty value, and would name the .NET type and not the section.
/// </summary>
/// <param name="sections">The sections whose settings are the properties of <typeparamref name="TSettings"/>.</param>
/// <param name="name">How a message names such a section.</param>
internal sealed class IneffectiveSettings<
    TOptions,
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TSettings>(
    Func<IEnumerable<IConfigurationSection>> sections, string name)
    : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? _, TOptions options)
    {
        var known = typeof(TSettings)
            .GetProperties()
            .ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        string[] failures =
        [
            .. sections().SelectMany(section => section.GetChildren()).Select(setting =>
                known.TryGetValue(setting.Key, out var property)
                    ? FaultOf(setting, property.PropertyType)
                    : $"there is no setting '{setting.Key}' in the section {name}.").OfType<string>(),
        ];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string? FaultOf(IConfigurationSection setting, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return setting.Value is "" && type.IsPrimitive
            ? $"{setting.Path} is empty. It must be {(type == typeof(bool) ? "true or false" : "a number")}; "
                + "leave the setting out for its default."
            : null;
    }
}
