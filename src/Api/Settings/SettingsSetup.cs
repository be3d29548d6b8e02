using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>Reads the settings, checks them at the start, and hands them on as plain values.</summary>
internal static class SettingsSetup
{
    // What the binder and the check for settings without effect need of an options class.
    private const DynamicallyAccessedMemberTypes Accessed =
        DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    /// <summary>The host's own setting, as an argument.</summary>
    public const string ReadOnce = "--hostBuilder:reloadConfigOnChange=false";

    public static void AddSettings(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var models = builder.Configuration.GetSection("Models");
        var onnx = builder.Configuration.GetSection("Onnx");
        var batching = builder.Configuration.GetSection("Batching");
        var load = builder.Configuration.GetSection("Load");
        var shutdown = builder.Configuration.GetSection("Shutdown");
        var limits = builder.Configuration.GetSection("Limits");
        var imaging = builder.Configuration.GetSection("Imaging");
        var access = builder.Configuration.GetSection("Access");
        var grpc = builder.Configuration.GetSection("Grpc");
        var log = builder.Configuration.GetSection("Serilog");

        // Each is bound in a call of its own, for which the compiler generates the code; a shared generic one would
        // need reflection.
        services.Declare<ModelsOptions>(models).AddOptionsWithValidateOnStart<ModelsOptions, ModelsOptionsValidator>()
            .Bind(models)
            .Validate(
                _ => string.IsNullOrEmpty(models["Versions"]),
                "Models:Versions needs the model's name, as in Models:Versions:mnist=latest:2.");
        services.Declare<OnnxOptions>(onnx).AddOptionsWithValidateOnStart<OnnxOptions, OnnxOptionsValidator>()
            .Bind(onnx);
        services.Declare<BatchingOptions>(batching)
            .AddOptionsWithValidateOnStart<BatchingOptions, BatchingOptionsValidator>()
            .Bind(batching);
        services.Declare<LoadOptions>(load).AddOptionsWithValidateOnStart<LoadOptions, LoadOptionsValidator>()
            .Bind(load);
        services.Declare<ShutdownOptions>(shutdown)
            .AddOptionsWithValidateOnStart<ShutdownOptions, ShutdownOptionsValidator>()
            .Bind(shutdown);
        services.Declare<LimitsOptions>(limits).AddOptionsWithValidateOnStart<LimitsOptions, LimitsOptionsValidator>()
            .Bind(limits);
        services.Declare<ImagingOptions>(imaging)
            .AddOptionsWithValidateOnStart<ImagingOptions, ImagingOptionsValidator>()
            .Bind(imaging);
        services.Declare<GrpcOptions>(grpc).AddOptionsWithValidateOnStart<GrpcOptions, GrpcOptionsValidator>()
            .Bind(grpc);
        services.AddSingleton<IValidateOptions<AccessOptions>>(new IneffectiveSettings<AccessOptions, KeyOptions>(
            () => access.GetSection("Keys").GetChildren(), "Access:Keys:<name>"));
        services.Declare<AccessOptions>(access).AddOptionsWithValidateOnStart<AccessOptions, AccessOptionsValidator>()
            .Bind(access)
            .Validate(
                _ => string.IsNullOrEmpty(access["Keys"]),
                "Access:Keys must contain named keys, each with a hash, such as Access:Keys:web:Hash.");
        services.AddSingleton(_ => LogSettings.Read(log));
    }

    /// <summary>
    /// Rejects settings of a section that have no effect, and registers the options themselves beside
    /// <see cref="IOptions{TOptions}"/>.
    /// </summary>
    private static IServiceCollection Declare<[DynamicallyAccessedMembers(Accessed)] T>(
        this IServiceCollection services, IConfigurationSection section)
        where T : class => services
        .AddSingleton<IValidateOptions<T>>(new IneffectiveSettings<T, T>(() => [section], section.Path))
        .AddSingleton(provider => provider.GetRequiredService<IOptions<T>>().Value);
}
