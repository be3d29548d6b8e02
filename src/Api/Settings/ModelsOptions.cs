using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Models</c>: what is served, and how changes of the folder are followed.</summary>
internal sealed class ModelsOptions : IValidatableObject
{
    private static readonly RepositorySettings Library = new() { Folder = "" };

    /// <summary>
    /// The repository's folder. Defaults to <c>models</c> beside the program, above it, or in the current folder.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>
    /// The model that answers when a request names none. Defaults to <c>mnist</c>, and without one to the first by
    /// name.
    /// </summary>
    public string? Default { get; set; }

    /// <summary>Whether new, changed and deleted files are followed while the service runs.</summary>
    public bool Watch { get; set; } = true;

    /// <summary>Seconds between two looks at the folder when no change was reported.</summary>
    [SettingRange(0.1, 3600)]
    public double PollSeconds { get; set; } = Library.PollInterval.TotalSeconds;

    /// <summary>Seconds for which a version's files must stay the same before they are loaded.</summary>
    [SettingRange(0, 3600)]
    public double SettleSeconds { get; set; } = Library.SettleTime.TotalSeconds;

    /// <summary>Seconds that loading and warming up a version may take before it is given up.</summary>
    [SettingRange(1, 86400)]
    public double LoadSeconds { get; set; } = Library.LoadTime.TotalSeconds;

    /// <summary>
    /// Seconds for which the service waits at its start for all models to be loaded, before it listens in any case.
    /// </summary>
    [SettingRange(0, 86400)]
    public double StartSeconds { get; set; } = 5;

    /// <summary>
    /// Whether a model that nobody knows is first loaded in a process of its own, so that it cannot end the service.
    /// </summary>
    public bool Probe { get; set; } = true;

    /// <summary>
    /// The folder that holds which models have passed a probe. Defaults to a folder of the user's caches.
    /// </summary>
    public string? ProbeCache { get; set; }

    /// <summary>
    /// The most memory that a probe may write. Defaults to what the service and its budgets leave of the container's or
    /// the machine's, shared by the probes that may run at once.
    /// </summary>
    [SettingRange(134217728, 1099511627776)]
    public long? ProbeMaxBytes { get; set; }

    /// <summary>Whether clients may load and unload models over <c>/v2/repository</c>.</summary>
    public bool AllowLoadUnload { get; set; }

    /// <summary>
    /// Which versions of a model are served, by its name: <c>all</c>, the default, <c>latest:n</c>, or a list such as
    /// <c>1,3</c>.
    /// </summary>
    public Dictionary<string, string?> Versions { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (model, text) in Versions)
        {
            if (PolicyFault(text) is { } fault)
            {
                yield return new ValidationResult($"Models:Versions:{model}: {fault}");
            }
        }
    }

    private static string? PolicyFault(string? text)
    {
        try
        {
            VersionPolicy.Parse(text);
            return null;
        }
        catch (FormatException fault)
        {
            return fault.Message;
        }
    }
}

[OptionsValidator]
internal sealed partial class ModelsOptionsValidator : IValidateOptions<ModelsOptions>;
