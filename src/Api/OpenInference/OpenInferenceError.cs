namespace SoftmaxService.Api.OpenInference;

/// <summary>Every failure under /v2, as the protocol wants it: one sentence.</summary>
internal sealed record OpenInferenceError(string Error)
{
    public const string Root = "/v2";

    public static bool IsSpokenAt(PathString path) => path.StartsWithSegments(Root);
}
