using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Shutdown</c>: how the service ends on SIGTERM.</summary>
internal sealed class ShutdownOptions
{
    /// <summary>
    /// Seconds for which it answers as before while it reports that it is not ready: as long as load balancers take to
    /// notice.
    /// </summary>
    [SettingRange(0, 3600)]
    public double GraceSeconds { get; set; } = 5;

    /// <summary>Seconds that requests have to finish after that.</summary>
    [SettingRange(0, 3600)]
    public double DrainSeconds { get; set; } = 25;
}

[OptionsValidator]
internal sealed partial class ShutdownOptionsValidator : IValidateOptions<ShutdownOptions>;
