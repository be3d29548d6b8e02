using Microsoft.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.OpenApi;

/// <summary>The OpenAPI document and Swagger UI.</summary>
internal static class SwaggerSetup
{
    private const string Root = "/swagger";

    private static readonly string Policy = PageGuard.Policy(styles: "'self' 'unsafe-inline'", images: "'self' data:");

    public static void AddSwagger(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer().AddSwaggerGen(Describe);
        services.AddSingleton(new RouteHint($"GET {Root} lists the routes."));

        // After the operations' own problems, to which a key's are added.
        services.AddOptions<SwaggerGenOptions>().Configure<AccessOptions>((swagger, access) =>
        {
            if (access.Keys.Count > 0)
            {
                swagger.AddKeys();
            }
        });
    }

    public static void UseSwaggerPage(this WebApplication app)
    {
        var document = new SwaggerDocument(app.Services);
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Root), branch =>
        {
            branch.Use(next => context =>
            {
                context.Response.Headers.GuardPage(Policy);
                return next(context);
            });
            branch.Use(next => document.Answer(Root, next));
            branch.UseSwaggerUI(options =>
            {
                options.DocumentTitle = "SoftmaxService";
                options.DefaultModelsExpandDepth(0);
                options.DisplayRequestDuration();
                options.EnableDeepLinking();
                options.EnableTryItOutByDefault();
            });
        });
    }

    private static void Describe(SwaggerGenOptions swagger)
    {
        swagger.SwaggerDoc(SwaggerDocument.Name, new OpenApiInfo
        {
            Title = "SoftmaxService",
            Version = "v1",
            Description = "Classifies images with ONNX models and its own vectorised softmax, at a temperature "
                + "chosen per request.",
            License = new OpenApiLicense { Name = "MIT" },
        });
        swagger.AddWireSchemas();
        swagger.SupportNonNullableReferenceTypes();

        // An instance: registered by its type, a filter would be made by reflection, which Native AOT cannot follow.
        swagger.AddOperationFilterInstance(new OperationDetailsFilter());
        foreach (var documentation in Directory.EnumerateFiles(AppContext.BaseDirectory, "SoftmaxService.*.xml"))
        {
            swagger.IncludeXmlComments(documentation);
        }

        swagger.AddSchemaFilterInstance(new MemberNamesFilter()); // after the comments
    }
}
