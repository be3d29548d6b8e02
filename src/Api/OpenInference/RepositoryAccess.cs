using SoftmaxService.Api.Hosting;
using SoftmaxService.Api.Http;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Loading and unloading by request, for REST and gRPC alike: refused unless the setting allows it.</summary>
internal static class RepositoryAccess
{
    public const string Setting = "Models:AllowLoadUnload";

    // Not among the problems of our own routes: nothing there answers it, and /v2 and gRPC show no code.
    private static readonly Problem NotAllowed = new("load-unload-not-allowed", StatusCodes.Status403Forbidden, "Loading and unloading by request is switched off");

    public static Task LoadAsync(ModelRepository models, ModelsOptions settings, string name, CancellationToken cancellationToken)
    {
        RefuseUnlessAllowed(settings);
        _ = (models, name, cancellationToken);
        throw NotOffered();
    }

    public static Task UnloadAsync(ModelRepository models, ModelsOptions settings, string name, CancellationToken cancellationToken)
    {
        RefuseUnlessAllowed(settings);
        _ = (models, name, cancellationToken);
        throw NotOffered();
    }

    private static void RefuseUnlessAllowed(ModelsOptions settings)
    {
        if (!settings.AllowLoadUnload)
        {
            throw new RequestException(NotAllowed, $"Models are not loaded or unloaded by request here; the setting {Setting} allows it.");
        }
    }

    private static RequestException NotOffered() => new(new Problem("not-implemented", StatusCodes.Status501NotImplemented, "Not offered yet"), "The repository cannot load or unload a model while it serves.");
}
