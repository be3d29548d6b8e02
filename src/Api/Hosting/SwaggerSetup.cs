using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;

namespace SoftmaxService.Api.Hosting;

/// <summary>The OpenAPI document and Swagger UI.</summary>
internal static class SwaggerSetup
{
    public static void AddSwagger(this IServiceCollection services) => services.AddEndpointsApiExplorer().AddSwaggerGen(options =>
    {
        options.SwaggerDoc("v1", new OpenApiInfo
        {
            Title = "SoftmaxService",
            Version = "v1",
            Description = "Classifies images with ONNX models and its own vectorised softmax, at a temperature chosen per request.",
            License = new OpenApiLicense { Name = "MIT" },
        });
        options.AddWireSchemas();
        options.SupportNonNullableReferenceTypes();
        options.OperationFilter<OperationDetailsFilter>();
        foreach (var documentation in Directory.EnumerateFiles(AppContext.BaseDirectory, "SoftmaxService.*.xml"))
        {
            options.IncludeXmlComments(documentation);
        }
    });

    /// <summary>On its own paths alone: no other request passes through it.</summary>
    public static void UseSwaggerPage(this WebApplication app) => app.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger"), swagger =>
    {
        swagger.UseSwagger();
        swagger.UseSwaggerUI(options =>
        {
            options.DocumentTitle = "SoftmaxService";
            options.DefaultModelsExpandDepth(0);
            options.DisplayRequestDuration();
            options.EnableDeepLinking();
            options.EnableTryItOutByDefault();
        });
    });
}
