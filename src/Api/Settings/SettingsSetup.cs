using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Settings;

/// <summary>Binds the settings, checks them at start, and hands them on as plain values.</summary>
internal static class SettingsSetup
{
    /// <summary>The host's own setting, as an argument.</summary>
    public const string ReadOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>A name that is no setting's is a fault: whoever wrote it believes that it counts.</summary>
    public static void Strictly(BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;

    public static void AddSettings(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var services = builder.Services;
        services.AddOptions<ModelsOptions>().Bind(configuration.GetSection("Models"), Strictly)
            .Validate(_ => string.IsNullOrEmpty(configuration["Models:Versions"]), "Models:Versions needs the model's name, as in Models:Versions:mnist=latest:2.").ValidateOnStart();
        services.AddOptions<OnnxOptions>().Bind(configuration.GetSection("Onnx"), Strictly).ValidateOnStart();
        services.AddOptions<BatchingOptions>().Bind(configuration.GetSection("Batching"), Strictly).ValidateOnStart();
        services.AddOptions<LimitsOptions>().Bind(configuration.GetSection("Limits"), Strictly).ValidateOnStart();
        services.AddOptions<LoadOptions>().Bind(configuration.GetSection("Load"), Strictly).ValidateOnStart();
        services.AddOptions<ShutdownOptions>().Bind(configuration.GetSection("Shutdown"), Strictly).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ModelsOptions>, ModelsOptionsValidator>();
        services.AddOptions<GrpcOptions>().Bind(configuration.GetSection("Grpc"), Strictly).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GrpcOptions>, GrpcOptionsValidator>();
        services.AddSingleton<IValidateOptions<OnnxOptions>, OnnxOptionsValidator>();
        services.AddSingleton<IValidateOptions<BatchingOptions>, BatchingOptionsValidator>();
        services.AddSingleton<IValidateOptions<LimitsOptions>, LimitsOptionsValidator>();
        services.AddSingleton<IValidateOptions<LoadOptions>, LoadOptionsValidator>();
        services.AddSingleton<IValidateOptions<ShutdownOptions>, ShutdownOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ModelsOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<OnnxOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<BatchingOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<LimitsOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<LoadOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ShutdownOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<GrpcOptions>>().Value);
        services.AddSingleton(provider => RequestJson.Within(provider.GetRequiredService<LimitsOptions>()));

        services.AddOptions<KestrelServerOptions>().Configure(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // BodyLimit's task: Kestrel would cut the connection before the client has read why
        });
        services.AddOptions<FormOptions>().Configure<LimitsOptions>((form, limits) =>
        {
            form.MultipartBodyLengthLimit = limits.MaxRequestBodyBytes;
            form.MemoryBufferThreshold = limits.MaxRequestBodyBytes;
        });
    }
}
