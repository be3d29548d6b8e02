using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// <c>POST /v2/repository…</c>: the index, and loading and unloading models where that is switched on.
/// </summary>
internal static class RepositoryEndpoints
{
    public static void MapRepository(this RouteGroupBuilder v2)
    {
        var repository = v2.MapGroup("/repository");

        repository.MapPost("/index", IndexAsync)
            .WithName("RepositoryIndex")
            .WithSummary("Lists every version in the repository, with its state")
            .WithDescription("The body may be empty, or `{\"ready\": true}` for only those that are served.")
            .Produces<OpenInferenceError>(StatusCodes.Status400BadRequest);

        repository.MapPost("/models/{model}/load", LoadAsync)
            .WithName("RepositoryModelLoad")
            .WithSummary("Loads a model, or loads it again")
            .WithDescription($"403 unless the setting `{RepositoryAccess.Setting}` is true.")
            .Produces<OpenInferenceError>(StatusCodes.Status403Forbidden)
            .Produces<OpenInferenceError>(StatusCodes.Status404NotFound)
            .RequireAuthorization(AccessPolicies.Admin);

        repository.MapPost("/models/{model}/unload", Unload)
            .WithName("RepositoryModelUnload")
            .WithSummary("Unloads a model")
            .WithDescription($"403 unless the setting `{RepositoryAccess.Setting}` is true.")
            .Produces<OpenInferenceError>(StatusCodes.Status403Forbidden)
            .Produces<OpenInferenceError>(StatusCodes.Status404NotFound)
            .RequireAuthorization(AccessPolicies.Admin);
    }

    private static async Task<Ok<IReadOnlyList<RepositoryEntry>>> IndexAsync(
        HttpRequest request,
        ModelRepository models,
        LimitsOptions limits,
        BodyGate gate,
        CancellationToken cancellationToken)
    {
        var (body, ready) = await CompressedBody.ReadAsync(
            request,
            gate,
            limits.MaxDecompressedBytes,
            body => ReadReady(body.Span, limits.MaxJsonDepth),
            cancellationToken);
        body.Dispose();
        return TypedResults.Ok(ServedModels.Index(models, ready));
    }

    private static async Task<Ok<RepositoryModelLoaded>> LoadAsync(
        string model, ModelRepository models, ModelsOptions settings, CancellationToken cancellationToken)
    {
        await RepositoryAccess.LoadAsync(models, settings, model, cancellationToken);
        return TypedResults.Ok(new RepositoryModelLoaded(model, true));
    }

    private static Ok<RepositoryModelUnloaded> Unload(string model, ModelRepository models, ModelsOptions settings)
    {
        RepositoryAccess.Unload(models, settings, model);
        return TypedResults.Ok(new RepositoryModelUnloaded(model, true));
    }

    private static bool ReadReady(ReadOnlySpan<byte> body, int maxDepth)
    {
        if (body.IsEmpty)
        {
            return false;
        }

        try
        {
            return ReadReady(new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth })) switch
            {
                JsonTokenType.True => true,
                JsonTokenType.False or JsonTokenType.Null => false,
                _ => throw new RequestException(Problem.BadRequest, "ready must be true or false."),
            };
        }
        catch (JsonException fault)
        {
            throw MalformedJson.RejectSyntax(fault, body, maxDepth);
        }
        catch (InvalidOperationException)
        {
            throw new RequestException(Problem.MalformedJson, "A property's name is not valid Unicode.");
        }
    }

    /// <summary>What <c>ready</c> is, once the whole body is known to be JSON.</summary>
    private static JsonTokenType ReadReady(Utf8JsonReader reader)
    {
        var ready = JsonTokenType.Null;
        reader.Read();
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        while (reader.Read())
        {
            if (isObject && reader is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName })
            {
                var isReady = reader.GetString() == "ready";
                reader.Read();
                ready = isReady ? reader.TokenType : ready;
            }
        }

        return isObject
            ? ready
            : throw new RequestException(
                Problem.MalformedJson,
                "The request must be an object, such as {\"ready\": true}, or empty.");
    }
}

/// <summary>A model was loaded.</summary>
internal sealed record RepositoryModelLoaded(string Name, bool Load);

/// <summary>A model was unloaded.</summary>
internal sealed record RepositoryModelUnloaded(string Name, bool Unload);
