using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Tests.OpenInference;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Tests.Metrics;

/// <summary>The dashboard and the alert rules query only metrics and labels that exist.</summary>
public sealed partial class DashboardTests : IDisposable
{
    private static readonly string Docker = Path.Combine(RunningService.RepositoryRoot, "docker");

    // Added by Prometheus: its metric of a scrape, and its labels.
    private static readonly string[] OwnMetrics = ["up"];
    private static readonly string[] OwnLabels = ["instance", "job"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EveryQueryNamesMetricsAndLabelsThatExist()
    {
        using var service = Start();
        var exposed = await ExerciseAsync(service);
        var labels = exposed
            .GroupBy(sample => sample.Name)
            .ToDictionary(series => series.Key, series => series.SelectMany(sample => sample.Labels.Keys).ToHashSet());
        var queries = DashboardQueries().Concat(RuleQueries()).ToArray();

        Assert.True(queries.Length > 30);
        Assert.All(queries, query =>
        {
            var read = PromQl.Read(query);
            Assert.NotEmpty(read.Metrics);
            Assert.All(read.Metrics.Where(metric => !OwnMetrics.Contains(metric.Metric)), metric =>
            {
                Assert.True(labels.ContainsKey(metric.Metric), $"{metric.Metric} is not exposed");
                Assert.Empty(metric.Labels.Except(labels[metric.Metric]).Except(OwnLabels));
            });
            var known = read.Metrics.SelectMany(metric => labels.GetValueOrDefault(metric.Metric) ?? []);
            Assert.Empty(read.Groupings.Except(known).Except(OwnLabels));
        });
    }

    [Fact]
    public void MetricsAndLabelsAreReadFromAQuery()
    {
        var read = PromQl.Read(
            """
            histogram_quantile(0.9, sum by (le, a) (rate(x_bucket{b=~"y{z}|$c",d!="e"}[5m])))
              > 1.5 * max(w offset 1d) / on (f) group_left v or vector(0)
            """);

        Assert.Equal(
            [("x_bucket", "b,d"), ("w", ""), ("v", "")],
            read.Metrics.Select(metric => (metric.Metric, string.Join(',', metric.Labels))));
        Assert.Equal(["le", "a", "f"], read.Groupings);
    }

    private ServiceWith Start()
    {
        foreach (var name in new[] { "shown", "leaving" })
        {
            _folder.Write($"{name}/1/model.onnx", FourPixelModels.Plain());
            _folder.Write($"{name}/1/model.json", FourPixelModels.IsImage);
        }

        _folder.Write("broken/1/model.onnx", "no model"u8);
        return new ServiceWith(("Models:Folder", _folder.Path), ("Models:Default", "shown"));
    }

    private static async Task<IReadOnlyList<Sample>> ExerciseAsync(ServiceWith service)
    {
        Assert.Equal(200, (await service.ClassifyAsync(RunningService.Seven)).Status);
        service.Services.GetRequiredService<ModelRepository>().Unload("leaving");
        var gate = service.Services.GetRequiredService<ComputeGate>();
        for (var patience = 100; ; patience--)
        {
            // Waiting for the gate is only counted if a request had to wait.
            var places = await Task.WhenAll(
                Enumerable
                    .Range(0, Environment.ProcessorCount)
                    .Select(async _ => await gate.EnterAsync(CancellationToken.None)));
            var asked = service.ClassifyAsync(RunningService.Seven);
            await Task.Delay(20);
            foreach (var place in places)
            {
                place.Dispose();
            }

            await asked;
            var samples = await MetricsText.ReadAsync(service);
            if (samples.Sum("softmax_gate_duration_seconds_count", ("model", "shown")) > 0)
            {
                return samples;
            }

            Assert.True(patience > 0, "No wait for the gate was counted.");
        }
    }

    private static IEnumerable<string> DashboardQueries()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Docker, "grafana", "dashboards"), "*.json"))
        {
            foreach (var (name, text) in Texts(JsonDocument.Parse(File.ReadAllBytes(file)).RootElement))
            {
                if (name == "expr")
                {
                    yield return text;
                }
                else if (name == "definition")
                {
                    var variable = Variable().Match(text);
                    yield return $"sum by ({variable.Groups["label"].Value}) ({variable.Groups["metric"].Value})";
                }
            }
        }
    }

    private static IEnumerable<(string Name, string Text)> Texts(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(property =>
                    property.Value.ValueKind == JsonValueKind.String
                        ? [(property.Name, property.Value.GetString()!)]
                        : Texts(property.Value)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
            _ => [],
        };

    private static IEnumerable<string> RuleQueries() =>
        Rule()
            .Matches(File.ReadAllText(Path.Combine(Docker, "prometheus", "alerts.yml")))
            .Select(match => match.Groups["expression"].Value);

    [GeneratedRegex("^label_values\\((?<metric>.+), (?<label>\\w+)\\)$")]
    private static partial Regex Variable();

    // On the same line, or as a block of lines with more indentation.
    [GeneratedRegex(
        "^ {8}expr: (\\|\\n(?<expression>( {10}.*\\n)+)|(?<expression>[^|\\n]+)\\n)",
        RegexOptions.Multiline)]
    private static partial Regex Rule();
}
