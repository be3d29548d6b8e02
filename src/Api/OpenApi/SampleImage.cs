namespace SoftmaxService.Api.OpenApi;

/// <summary>A drawn seven, so that Swagger's JSON example can be sent as it is.</summary>
internal static class SampleImage
{
    public static string Base64 { get; } = Read();

    private static string Read()
    {
        // Embedded by the project file.
        using var resource = typeof(SampleImage).Assembly.GetManifestResourceStream("seven.png")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return Convert.ToBase64String(bytes);
    }
}
