using System.Text;
using k8s.Models;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Container;

/// <summary>Checks that the manifests agree with the service and with each other.</summary>
[Collection(nameof(RunningService))]
public sealed class KubernetesTests(RunningService service)
{
    private const string Image = "softmax-service";

    public static TheoryData<string> Files =>
        [.. Manifests.Files.Select(path => Path.GetRelativePath(Manifests.Folder, path).Replace('\\', '/'))];

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryFieldExists(string file) =>
        Assert.NotEmpty(Manifests.Read(File.ReadAllText(Path.Combine(Manifests.Folder, file))));

    [Fact]
    public void AnUnknownFieldIsAnError()
    {
        var yaml = File.ReadAllText(Path.Combine(Manifests.Folder, "base", "deployment.yaml"));

        Assert.ThrowsAny<Exception>(() =>
            Manifests.Read(yaml.Replace("failureThreshold", "failureTreshold", StringComparison.Ordinal)));
        Assert.ThrowsAny<Exception>(() =>
            Manifests.Read(
                File.ReadAllText(Path.Combine(Manifests.Folder, "kserve", "inferenceservice.yaml"))
                    .Replace("storageUri", "storageURI", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryFileOfAKustomizationExists(string file)
    {
        var path = Path.Combine(Manifests.Folder, file);
        foreach (var kustomization in Manifests.Read(File.ReadAllText(path)).OfType<Kustomization>())
        {
            var folder = Path.GetDirectoryName(path)!; // A file has a folder.
            Assert.All(
                [
                    .. kustomization.Resources,
                    .. kustomization.Components,
                    .. kustomization.Configurations,
                    .. kustomization.Patches.Select(patch => patch.Path).OfType<string>(),
                ],
                name =>
                    Assert.True(Path.Exists(Path.Combine(folder, name)), $"{file} names {name}, which is missing."));
        }
    }

    [Fact]
    public async Task TheBaseFitsTheService() => await AssertFitsAsync(Manifests.OfFolder("base"));

    [KubectlTheory]
    [InlineData("base")]
    [InlineData("overlays/small")]
    [InlineData("overlays/production")]
    public async Task TheAppliedManifestsFitTheService(string overlay)
    {
        var objects = await Manifests.RenderAsync(overlay);

        await AssertFitsAsync(objects);
        Assert.Equal($"{Image}:{ContainerFile.Labels["org.opencontainers.image.version"]}", Container(objects).Image);
        Assert.Equal(overlay == "overlays/small" ? 1 : null, objects.One<V1Deployment>().Spec.Replicas);
        Assert.Equal(overlay == "overlays/small" ? 0 : 1, objects.OfType<V2HorizontalPodAutoscaler>().Count());
    }

    [KubectlTheory]
    [InlineData("overlays/small")]
    [InlineData("overlays/production")]
    public async Task CustomModelsCanBeAdded(string overlay)
    {
        using var folder = new TemporaryFolder();
        var manifests = Path.GetRelativePath(folder.Path, Manifests.Folder); // kustomize accepts no absolute path
        folder.Write(
            "kustomization.yaml",
            Encoding.UTF8.GetBytes(
                $"resources: [{manifests}/{overlay}]\ncomponents: [{manifests}/components/own-models]\n"));

        var objects = await Manifests.RenderAsync(folder.Path);
        var volume = Assert.Single(objects.One<V1Deployment>().Spec.Template.Spec.Volumes);
        var mount = Assert.Single(Container(objects).VolumeMounts);

        await AssertFitsAsync(objects);
        Assert.Equal(objects.One<V1PersistentVolumeClaim>().Name(), volume.PersistentVolumeClaim.ClaimName);
        Assert.Equal(volume.Name, mount.Name);
        Assert.Equal(
            mount.MountPath,
            Assert.Single(Container(objects).Env, variable => variable.Name == "Models__Folder").Value);
    }

    [Fact]
    public void KeysComeFromAnOptionalSecret()
    {
        var secret = Assert.Single(Container(Manifests.OfFolder("base")).EnvFrom).SecretRef;

        Assert.True(secret.Optional);
        Assert.Contains(
            $"kubectl create secret generic {secret.Name} ",
            Repository.ReadText("docs/operations.md"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void TheProductionScalesOnItsQueue()
    {
        var production = Manifests.OfFolder("overlays/production").One<V2HorizontalPodAutoscaler>();
        var queue = Assert.Single(production.Spec.Metrics, metric => metric.Type == "Pods").Pods;

        Assert.Equal("softmax_queue_length", queue.Metric.Name);
        Assert.Equal(new BatchingOptions().MaxBatchSize, queue.Target.AverageValue.ToDouble());
    }

    [Fact]
    public async Task KServesRuntimeFitsTheServiceAndItsModel()
    {
        var objects = Manifests.OfFolder("kserve");
        var runtime = objects.One<ServingRuntime>();
        var inference = objects.One<InferenceService>();
        var predictor = inference.Spec.Predictor;
        var container = Assert.Single(runtime.Spec.Containers);

        Assert.Equal("kserve-container", container.Name); // the name that KServe requires
        Assert.Equal(Image, container.Image);
        Assert.Equal(ContainerFile.HttpPort, Assert.Single(container.Ports).ContainerPort);
        AssertLockedDown(container);
        Assert.True(container.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", container.SecurityContext.SeccompProfile.Type);
        Assert.All(container.Env, variable => SettingNames.AssertRead(variable.Name));
        Assert.Equal("/mnt/models", Assert.Single(container.Env, variable => variable.Name == "Models__Folder").Value);
        await AssertProbesAsync(container);

        Assert.Equal(runtime.Metadata!.Name, predictor.Model.Runtime);
        Assert.Contains(predictor.Model.ProtocolVersion, runtime.Spec.ProtocolVersions);
        Assert.Contains(
            runtime.Spec.SupportedModelFormats,
            format =>
                (format.Name, format.Version) == (predictor.Model.ModelFormat.Name, predictor.Model.ModelFormat.Version)
        );
        Assert.Equal(200, (await service.GetAsync($"/v2/models/{inference.Metadata!.Name}")).Status);
        AssertTimeToEnd(predictor.TerminationGracePeriodSeconds);
        Assert.InRange(predictor.ScaleTarget, 1, 100); // the range of KServe
    }

    private async Task AssertFitsAsync(IReadOnlyList<object> objects)
    {
        var deployment = objects.One<V1Deployment>();
        var pod = deployment.Spec.Template;
        var container = Container(objects);
        var ports = container.Ports.ToDictionary(port => port.Name, port => port.ContainerPort);

        Assert.Equal(
            new Dictionary<string, int> { ["http"] = ContainerFile.HttpPort, ["grpc"] = ContainerFile.GrpcPort },
            ports);
        Assert.Equal(Image, container.Image.Split(':')[0]);
        Assert.All(container.Env ?? [], variable => SettingNames.AssertRead(variable.Name));
        await AssertProbesAsync(container);
        AssertTimeToEnd(pod.Spec.TerminationGracePeriodSeconds);
        AssertLockedDown(container);
        Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
        Assert.False(pod.Spec.AutomountServiceAccountToken);
        Assert.Equal($"{ContainerFile.HttpPort}", pod.Metadata.Annotations["prometheus.io/port"]);

        AssertSelects(deployment.Spec.Selector.MatchLabels);
        Assert.All(pod.Spec.TopologySpreadConstraints, spread => AssertSelects(spread.LabelSelector.MatchLabels));
        foreach (var reachable in objects.OfType<V1Service>())
        {
            AssertSelects(reachable.Spec.Selector);
            Assert.All(reachable.Spec.Ports, port => Assert.Equal(port.Name, port.TargetPort.Value));
            Assert.All(reachable.Spec.Ports, port => Assert.Contains(port.Name, ports.Keys));
        }

        foreach (var autoscaler in objects.OfType<V2HorizontalPodAutoscaler>())
        {
            Assert.Equal(
                (deployment.ApiVersion, deployment.Kind, deployment.Name()),
                (
                    autoscaler.Spec.ScaleTargetRef.ApiVersion,
                    autoscaler.Spec.ScaleTargetRef.Kind,
                    autoscaler.Spec.ScaleTargetRef.Name));
            Assert.InRange(autoscaler.Spec.MinReplicas!.Value, 2, autoscaler.Spec.MaxReplicas - 1);
            Assert.Null(deployment.Spec.Replicas); // otherwise each apply would undo the autoscaler
        }

        Assert.All(objects.OfType<V1PodDisruptionBudget>(), budget => AssertSelects(budget.Spec.Selector.MatchLabels));

        var network = objects.One<V1NetworkPolicy>();
        AssertSelects(network.Spec.PodSelector.MatchLabels);
        Assert.Equal(
            ports.Keys.Order(),
            network.Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value).Order());
        Assert.Equal(["Egress", "Ingress"], network.Spec.PolicyTypes.Order());

        void AssertSelects(IDictionary<string, string> selector) =>
            Assert.All(selector, label => Assert.Equal(label.Value, pod.Metadata.Labels[label.Key]));
    }

    /// <summary>
    /// Probes use existing routes and do not kill a service that is still loading within its limit.
    /// </summary>
    private async Task AssertProbesAsync(V1Container container)
    {
        var httpPorts = container
            .Ports.Where(port => port.ContainerPort == ContainerFile.HttpPort)
            .SelectMany(port => new[] { port.Name, $"{port.ContainerPort}" });
        foreach (var (probe, ending) in new[]
            {
                (container.StartupProbe, "/live"),
                (container.LivenessProbe, "/live"),
                (container.ReadinessProbe, "/ready"),
            })
        {
            Assert.EndsWith(ending, probe.HttpGet.Path, StringComparison.Ordinal);
            Assert.Contains(probe.HttpGet.Port.Value, httpPorts);
            Assert.Equal(200, (await service.GetAsync(probe.HttpGet.Path)).Status);
        }

        Assert.True(
            container.StartupProbe.PeriodSeconds * container.StartupProbe.FailureThreshold
                > new ModelsOptions().LoadSeconds);
    }

    private static void AssertLockedDown(V1Container container)
    {
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Null(container.SecurityContext.Capabilities.Add);
        foreach (var (resource, limit) in container.Resources.Limits)
        {
            Assert.True(container.Resources.Requests[resource].ToDecimal() <= limit.ToDecimal());
        }
    }

    private static void AssertTimeToEnd(long? seconds)
    {
        var shutdown = new ShutdownOptions();

        Assert.True(seconds > shutdown.GraceSeconds + shutdown.DrainSeconds);
    }

    private static V1Container Container(IEnumerable<object> objects) =>
        Assert.Single(objects.One<V1Deployment>().Spec.Template.Spec.Containers);
}
