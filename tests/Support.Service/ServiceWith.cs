using Microsoft.AspNetCore.Hosting;

namespace SoftmaxService.Tests.Support.Service;

/// <summary>The real service with settings that differ from the shipped ones.</summary>
public sealed class ServiceWith(params (string Name, string Value)[] settings) : RunningService
{
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        foreach (var (name, value) in settings)
        {
            builder.UseSetting(name, value);
        }
    }
}
