using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Loading and unloading by request, for REST and gRPC alike: rejected unless the setting allows it.</summary>
internal static class RepositoryAccess
{
    public const string Setting = "Models:AllowLoadUnload";

    // Not among the problems of our own routes, none of which has it; /v2 and gRPC show no code.
    private static readonly Problem NotAllowed = new(
        "load-unload-not-allowed",
        StatusCodes.Status403Forbidden,
        "Loading and unloading by request is switched off");
    private static readonly Problem NotLoaded =
        new("model-not-loaded", StatusCodes.Status422UnprocessableEntity, "The model could not be loaded");

    public static async Task LoadAsync(
        ModelRepository models, ModelsOptions settings, string name, CancellationToken cancellationToken)
    {
        RejectUnlessAllowed(settings);
        try
        {
            await models.LoadAsync(name, cancellationToken);
        }
        catch (ModelLoadException fault)
        {
            throw new RequestException(NotLoaded, fault.Message);
        }
    }

    public static void Unload(ModelRepository models, ModelsOptions settings, string name)
    {
        RejectUnlessAllowed(settings);
        models.Unload(name);
    }

    private static void RejectUnlessAllowed(ModelsOptions settings)
    {
        if (!settings.AllowLoadUnload)
        {
            throw new RequestException(
                NotAllowed,
                $"Loading and unloading by request is switched off; the setting {Setting} switches it on.");
        }
    }
}
