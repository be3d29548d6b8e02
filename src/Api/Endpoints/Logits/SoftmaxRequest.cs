using System.Text.Json.Serialization;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The JSON body of <c>POST /softmax</c>.</summary>
internal sealed record SoftmaxRequest
{
    public required LogitRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    [JsonConverter(typeof(TopKConverter))]
    public int? TopK { get; init; }

    [JsonConverter(typeof(LabelsConverter))]
    public string[]? Labels { get; init; }
}
