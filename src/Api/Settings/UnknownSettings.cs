using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>
/// Rejects a name in a section that is not a setting, since its author expects an effect. The binder can do this
/// too, but names the .NET type and not the section.
/// </summary>
/// <param name="sections">The sections whose settings are the properties of <typeparamref name="TSettings"/>.</param>
/// <param name="name">How a message names such a section.</param>
internal sealed class UnknownSettings<
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
            .Select(property => property.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var unknown = sections()
            .SelectMany(section => section.GetChildren())
            .Where(setting => !known.Contains(setting.Key))
            .Select(setting => $"there is no setting '{setting.Key}' in the section {name}.")
            .ToArray();
        return unknown.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(unknown);
    }
}
