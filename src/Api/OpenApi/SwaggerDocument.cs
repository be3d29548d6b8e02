using System.Globalization;
using System.Text;
using Microsoft.OpenApi;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using Swashbuckle.AspNetCore.Swagger;

namespace SoftmaxService.Api.OpenApi;

/// <summary>
/// The OpenAPI document, which is the same for every request. It is made on the first, and kept: that takes about a
/// hundred times as long as any other GET.
/// </summary>
internal sealed class SwaggerDocument(IServiceProvider services)
{
    public const string Name = "v1";

    private readonly Format[] _formats =
    [
        new($"/{Name}/swagger.json", "application/json;charset=utf-8", services, text => new OpenApiJsonWriter(text)),
        new($"/{Name}/swagger.yaml", "text/yaml;charset=utf-8", services, text => new OpenApiYamlWriter(text)),
        new($"/{Name}/swagger.yml", "text/yaml;charset=utf-8", services, text => new OpenApiYamlWriter(text)),
    ];

    /// <summary>Answers requests for the document, and hands on all others.</summary>
    /// <param name="root">The path of Swagger.</param>
    /// <param name="next">Answers the others.</param>
    public RequestDelegate Answer(string root, RequestDelegate next) => context =>
        HttpMethods.IsGet(context.Request.Method)
        && context.Request.Path.StartsWithSegments(root, out var path)
        && Array.Find(_formats, format => path.Equals(format.Path)) is { } format
            ? format.SendAsync(context)
            : next(context);

    private sealed class Format(
        PathString path, string contentType, IServiceProvider services, Func<TextWriter, IOpenApiWriter> write)
    {
        private readonly Lock _lock = new();
        private Task<byte[]>? _content;

        public PathString Path => path;

        public async Task SendAsync(HttpContext context)
        {
            var content = await ContentAsync();
            context.Response.ContentType = contentType;
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
            context.AnswerIsSent();
        }

        private Task<byte[]> ContentAsync()
        {
            lock (_lock)
            {
                return _content is null or { IsFaulted: true } ? _content = OwnThread.RunAsync(Make) : _content;
            }
        }

        private byte[] Make()
        {
            using var text = new StringWriter(CultureInfo.InvariantCulture);
            services.GetRequiredService<ISwaggerProvider>().GetSwagger(Name)
                .SerializeAs(OpenApiSpecVersion.OpenApi3_0, write(text));
            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }
}
