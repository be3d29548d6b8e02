using System.Globalization;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The classification extension: the highest classes as text.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferClassificationTests(SmallModelService service)
{
    [Theory]
    [InlineData(1, "3:0:ant", "0.3:1:bee")]
    [InlineData(2, "3:0:ant", "2:2:cat", "0.3:1:bee", "0.2:0:ant")]
    [InlineData(3, "3:0:ant", "2:2:cat", "1E-07:1:bee", "0.3:1:bee", "0.2:0:ant", "-1.5:2:cat")]
    [InlineData(99, "3:0:ant", "2:2:cat", "1E-07:1:bee", "0.3:1:bee", "0.2:0:ant", "-1.5:2:cat")]
    public async Task TheHighestClassesComeFirst(int k, params string[] expected)
    {
        var output = (await service.InferAsync(Request("logits", k), "many")).Output("logits");

        Assert.Equal("BYTES", output.GetProperty("datatype").GetString());
        Assert.Equal([2L, Math.Min(k, 3L)], output.Shape());
        Assert.Equal(expected, output.Texts());
    }

    [Fact]
    public async Task ValuesReadBackAsTheSameNumber()
    {
        var numbers = (await service.InferAsync(Request("probabilities", null), "many"))
            .Output("probabilities")
            .Floats();
        var texts = (await service.InferAsync(Request("probabilities", 3), "many")).Output("probabilities").Texts();

        Assert.All(
            texts.Index(),
            entry =>
            {
                var parts = entry.Item.Split(':');
                Assert.Equal(
                    numbers[(entry.Index / 3 * 3) + int.Parse(parts[1], CultureInfo.InvariantCulture)],
                    float.Parse(parts[0], CultureInfo.InvariantCulture));
            });
    }

    [Theory]
    [InlineData("halves", "3:0:ant", "2:2:cat")]
    [InlineData("winner", "0:0")]
    public async Task OutputsOfTheGraphAreRankedByTheirOwnValues(string name, params string[] expected)
    {
        var texts = (await service.InferAsync(Request(name, 2), "many")).Output(name).Texts();

        Assert.Equal(expected, texts.Take(expected.Length));
    }

    [Fact]
    public async Task ABooleanOutputCannotBeRanked() =>
        (await service.InferAsync(Request("positive", 1), "many")).IsError(400, "BOOL");

    [Fact]
    public async Task TextsAreReturnedInBinary()
    {
        var json = Request("logits", 2)
            .Replace("\"classification\": 2", "\"classification\": 2, \"binary_data\": true", StringComparison.Ordinal);
        var (head, blobs) = (await service.InferAsync(json, "many")).Binary();

        Assert.Equal([2L, 2L], head.Output("logits").Shape());
        Assert.Equal(["3:0:ant", "2:2:cat", "0.3:1:bee", "0.2:0:ant"], InferCalls.Texts(blobs["logits"]));
    }

    private static string Request(string output, int? classification)
    {
        var parameter = classification is null ? "" : $"\"classification\": {classification}";
        return $$"""
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 4],
                         "data": [[3, 1e-7, 2, 9], [0.2, 0.30000001, -1.5, 9]]}],
             "outputs": [{"name": "{{output}}", "parameters": { {{parameter}} } }]}
            """;
    }
}
