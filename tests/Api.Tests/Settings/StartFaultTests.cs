using Microsoft.Extensions.Options;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Settings;

public sealed class StartFaultTests
{
    [Fact]
    public void AnInvalidSettingIsNamedAsWritten() =>
        Assert.Equal(
            "The service cannot start: Load:RequestSeconds must be between 0.001 and 86400.",
            StartFault.Describe(
                new OptionsValidationException(
                    "",
                    typeof(LoadOptions),
                    new LoadOptionsValidator().Validate(null, new LoadOptions { RequestSeconds = 0 }).Failures)));

    [Fact]
    public void ABugIsLeftToTheRuntime() =>
        Assert.Null(StartFault.Describe(new InvalidOperationException("Sequence contains no elements")));
}
