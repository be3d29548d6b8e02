using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Requests with odd methods, paths and queries.</summary>
internal static class DamagedTarget
{
    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "PUT",
        "HEAD",
        "OPTIONS",
        "DELETE",
        "PATCH",
        "TRACE",
        "BREW",
        "get",
    ];

    private static readonly string[] Paths =
    [
        "/classify",
        "/preprocess",
        "/softmax",
        "/softmax/gradient",
        "/calibrate",
        "/models",
        "/models/mnist",
        "/models/mnist/1",
        "/models/mnist/1/reliability.svg",
        "/health/live",
        "/health/ready",
        "/swagger/index.html",
        "/swagger/v1/swagger.json",
        "/",
        "/assets/0/app.js",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/mnist",
        "/v2/models/mnist/ready",
        "/v2/models/mnist/infer",
        "/v2/models/mnist/versions/1/infer",
        "/v2/repository/index",
        "/v2/repository/models/mnist/load",
        "/v2/repository/models/mnist/unload",
        "/inference.GRPCInferenceService/ModelInfer",
        "/metrics",
    ];

    private static readonly string[] Parameters =
    [
        "model",
        "version",
        "temperature",
        "topK",
        "alpha",
        "threshold",
        "classes",
        "Temperature",
        "unknown",
        "%00",
        "%ff",
        "",
    ];

    public static FuzzRequest Make(Random random, long number)
    {
        var path = random.Of(Paths);
        path = random.Next(3) switch
        {
            0 => path,
            1 => $"{path}/{TextMutation.Value(random)}",
            _ => path.Replace("mnist", TextMutation.Value(random), StringComparison.Ordinal)
                .Replace("/1", $"/{TextMutation.Value(random)}", StringComparison.Ordinal),
        };
        var query = string.Join(
            '&',
            Enumerable
                .Range(0, random.Next(5))
                .Select(_ =>
                    $"{random.Of(Parameters)}{(random.Next(8) == 0 ? "" : "=")}{TextMutation.Value(random)}"));
        var (image, mediaType) = FuzzSeeds.Images[0];
        var method = random.Next(3) == 0 ? random.Of(Methods) : "POST";
        return new FuzzRequest(
            number,
            FuzzKind.Target,
            RawRequest.Bytes(
                method,
                $"{path}{(query.Length > 0 ? "?" : "")}{query}",
                [$"Content-Type: {mediaType}"],
                method is "TRACE" ? [] : image),
            MustBeAnswered: false);
    }
}
