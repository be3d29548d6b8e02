using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary><c>POST /v2/models/{model}[/versions/{version}]/infer</c>: tensors or images in, tensors out.</summary>
internal static class InferEndpoint
{
    /// <summary>The header that states how many bytes of a body are JSON, if blobs follow.</summary>
    public const string HeaderLength = "Inference-Header-Content-Length";

    // Clients of the protocol send no type at all, and Python's urllib and curl -d send a form's: the body decides, not
    // its label.
    private static readonly string[] Accepted =
        ["", "application/json", "application/octet-stream", "application/x-www-form-urlencoded"];

    private static readonly (string Path, string Name)[] Routes =
        [("/models/{model}/infer", "Infer"), ("/models/{model}/versions/{version}/infer", "InferVersion")];

    public static void MapInfer(this RouteGroupBuilder v2)
    {
        foreach (var (path, name) in Routes)
        {
            v2.MapPost(path, AnswerAsync)
                .DisableAntiforgery()
                .WithMetadata(InferParameters.TimeoutParameter)
                .WithName(name)
                .WithSummary("Runs a model on tensors or images")
                .WithDescription(
                    "The input is the model's own tensor, or `BYTES` of shape [N] with encoded images: base64 in JSON, "
                    + "behind 4-byte lengths in binary. The outputs are the graph's own, `logits`, and `probabilities` "
                    + "at the request's parameter `temperature`; the output parameter `classification` asks for the "
                    + "highest classes as text.")
                .Describe(InferDocumentation.Apply, [])
                .Produces<OpenInferenceError>(StatusCodes.Status400BadRequest)
                .Produces<OpenInferenceError>(StatusCodes.Status404NotFound)
                .Produces<OpenInferenceError>(StatusCodes.Status413PayloadTooLarge)
                .Produces<OpenInferenceError>(StatusCodes.Status415UnsupportedMediaType)
                .Produces<OpenInferenceError>(StatusCodes.Status422UnprocessableEntity)
                .Produces<OpenInferenceError>(StatusCodes.Status429TooManyRequests)
                .Produces<OpenInferenceError>(StatusCodes.Status503ServiceUnavailable)
                .Produces<OpenInferenceError>(StatusCodes.Status504GatewayTimeout);
        }
    }

    private static async Task<Results<InferResult, Rejection>> AnswerAsync(
        HttpRequest request,
        ModelRepository models,
        LimitsOptions limits,
        ImageRates rates,
        BodyGate gate,
        string model,
        string? version,
        CancellationToken cancellationToken)
    {
        using var lease = models.Acquire(model, version);
        var found = lease.Model;
        request.HttpContext.AnsweredBy(found);
        if (found.RejectWhenFull() is { } reason)
        {
            return new Rejection(Problem.Overloaded, reason);
        }

        if (rates.RejectInDebt(request.HttpContext) is { } inDebt)
        {
            return inDebt;
        }

        var mediaType = string.IsNullOrEmpty(request.ContentType) ? "" : MediaTypes.Of(request);
        var isMalformed = mediaType.Length == 0 && !string.IsNullOrEmpty(request.ContentType);
        if (isMalformed || (!Accepted.Contains(mediaType) && !MediaTypes.IsJson(mediaType)))
        {
            throw MediaTypes.Reject(request, string.Join(", ", Accepted[1..3]));
        }

        var (body, plan) = await CompressedBody.ReadAsync(
            request, gate, limits.MaxDecompressedBytes, body => Parse(request, body, found, limits), cancellationToken);
        using (body)
        {
            return new InferResult(
                await ModelInference.AnswerAsync(request.HttpContext, plan, limits, rates, cancellationToken));
        }
    }

    private static InferPlan Parse(HttpRequest request, PooledBody body, ClassifierModel model, LimitsOptions limits)
    {
        var jsonLength = JsonLength(request, body.Memory.Length);
        var inferRequest = InferRequestReader.Read(
            body.Memory[..jsonLength], body.Memory[jsonLength..], limits.MaxJsonDepth);
        return InferPlan.Resolve(inferRequest, model, limits);
    }

    private static int JsonLength(HttpRequest request, int bodyLength)
    {
        var header = request.Headers[HeaderLength];
        if (header.Count == 0)
        {
            return bodyLength;
        }

        var text = header.ToString();
        if (header.Count > 1 || text.Length == 0 || !text.All(char.IsAsciiDigit))
        {
            throw new RequestException(
                Problem.BadRequest,
                $"{HeaderLength} is '{Quoting.Shorten(text)}'; "
                + "it must be the number of bytes of JSON at the body's start.");
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= bodyLength
                ? length
                : throw new RequestException(
                    Problem.BadRequest,
                    $"{HeaderLength} is {Quoting.Shorten(text)}, but the body has {bodyLength} bytes.");
    }
}
