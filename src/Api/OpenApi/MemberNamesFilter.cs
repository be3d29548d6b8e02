using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.OpenApi;

/// <summary>
/// Replaces the full name of a member, to which a comment in the source refers, by its name in JSON:
/// <c>SoftmaxService.Inference.Imaging.ImageFilter.Bicubic</c> is `bicubic` to a client.
/// </summary>
internal sealed partial class MemberNamesFilter : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema.Description is { } description)
        {
            schema.Description = FullName().Replace(description, name => NameInJson(name.Groups["member"].Value));
        }
    }

    private static string NameInJson(string member) => $"`{char.ToLowerInvariant(member[0])}{member[1..]}`";

    [GeneratedRegex(@"\bSoftmaxService(\.\w+)*\.(?<member>\w+)")]
    private static partial Regex FullName();
}
