using System.Diagnostics;
using k8s;
using k8s.Models;

namespace SoftmaxService.Api.Tests.Container;

/// <summary>The manifests in docker/kubernetes; an unknown field is an error.</summary>
internal static class Manifests
{
    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["serving.kserve.io/v1alpha1/ServingRuntime"] = typeof(ServingRuntime),
        ["serving.kserve.io/v1beta1/InferenceService"] = typeof(InferenceService),
        ["kustomize.config.k8s.io/v1beta1/Kustomization"] = typeof(Kustomization),
        ["kustomize.config.k8s.io/v1alpha1/Component"] = typeof(Kustomization),
    };

    public static string Folder { get; } = Path.Combine(RunningService.RepositoryRoot, "docker", "kubernetes");

    /// <summary>Every file except kustomize's table of image fields, which has no kind.</summary>
    public static string[] Files { get; } =
    [
        .. Directory
            .EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) != "images.yaml")
            .Order(StringComparer.Ordinal),
    ];

    public static IReadOnlyList<object> Read(string yaml) =>
        KubernetesYaml.LoadAllFromString(yaml, Kinds, strict: true);

    /// <summary>The objects in the files of a folder, without kustomize.</summary>
    public static IReadOnlyList<object> OfFolder(string folder) =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Folder, folder), "*.yaml")
                .Where(Files.Contains)
                .SelectMany(path => Read(File.ReadAllText(path))),
        ];

    /// <summary>The objects that <c>kubectl apply -k</c> would send.</summary>
    public static async Task<IReadOnlyList<object>> RenderAsync(string folder)
    {
        using var kubectl = Process.Start(
            new ProcessStartInfo("kubectl", ["kustomize", folder])
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!; // null only with UseShellExecute
        var fault = kubectl.StandardError.ReadToEndAsync();
        var yaml = await kubectl.StandardOutput.ReadToEndAsync();
        await kubectl.WaitForExitAsync();
        Assert.True(kubectl.ExitCode == 0, await fault);
        return Read(yaml);
    }

    public static T One<T>(this IEnumerable<object> objects) => Assert.Single(objects.OfType<T>());
}

/// <summary>
/// A test of the manifests after kustomize. It is skipped with a reason if kubectl is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute() => Skip = Tool.WhyMissing("kubectl", "version", "--client");
}

/// <summary>The fields of kustomize's file that are used here.</summary>
internal sealed class Kustomization
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public string? Namespace { get; set; }

    public List<string> Resources { get; set; } = [];

    public List<string> Components { get; set; } = [];

    public List<string> Configurations { get; set; } = [];

    public List<Dictionary<string, object>> Labels { get; set; } = [];

    public List<Image> Images { get; set; } = [];

    public List<Patch> Patches { get; set; } = [];

    public List<Dictionary<string, object>> Replicas { get; set; } = [];

    internal sealed class Image
    {
        public string? Name { get; set; }

        public string? NewTag { get; set; }
    }

    internal sealed class Patch
    {
        public string? Path { get; set; }

        [YamlDotNet.Serialization.YamlMember(Alias = "patch")]
        public string? Text { get; set; }
    }
}

/// <summary>The types of KServe's serving.kserve.io/v1alpha1 that are used here.</summary>
internal sealed class ServingRuntime
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta? Metadata { get; set; }

    public RuntimeSpec Spec { get; set; } = new();

    internal sealed class RuntimeSpec
    {
        public List<ModelFormat> SupportedModelFormats { get; set; } = [];

        public List<string> ProtocolVersions { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];

        public List<V1Container> Containers { get; set; } = [];
    }
}

/// <summary>The types of KServe's serving.kserve.io/v1beta1 that are used here.</summary>
internal sealed class InferenceService
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta? Metadata { get; set; }

    public ServiceSpec Spec { get; set; } = new();

    internal sealed class ServiceSpec
    {
        public PredictorSpec Predictor { get; set; } = new();
    }

    internal sealed class PredictorSpec
    {
        public int MinReplicas { get; set; }

        public int MaxReplicas { get; set; }

        public string? ScaleMetric { get; set; }

        public int ScaleTarget { get; set; }

        public long TerminationGracePeriodSeconds { get; set; }

        public bool AutomountServiceAccountToken { get; set; }

        public ModelSpec Model { get; set; } = new();
    }

    internal sealed class ModelSpec
    {
        public ModelFormat ModelFormat { get; set; } = new();

        public string? ProtocolVersion { get; set; }

        public string? Runtime { get; set; }

        public string? StorageUri { get; set; }
    }
}

internal sealed class ModelFormat
{
    public string? Name { get; set; }

    public string? Version { get; set; }
}
