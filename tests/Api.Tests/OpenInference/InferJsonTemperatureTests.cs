namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The temperature of <c>POST …/infer</c> in JSON.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferJsonTemperatureTests(SmallModelService service)
{
    private const string One = InferCalls.One;

    [Fact]
    public async Task TheRequestsTemperatureOverridesTheCalibratedOne()
    {
        var requested = await service.InferAsync(
            One.With(""" "outputs": [{"name": "probabilities"}], "parameters": {"temperature": 0.5} """),
            "many");
        var calibrated = await service.InferAsync(One.With(""" "outputs": [{"name": "probabilities"}] """), "many");

        requested.Output("probabilities").IsSoftmaxOf([3, 1, 2], temperature: 0.5);
        calibrated.Output("probabilities").IsSoftmaxOf([3, 1, 2], temperature: 2);
        Assert.Equal(0.5f, requested.Json.GetProperty("parameters").GetProperty("temperature").GetSingle());
        Assert.Equal(2f, calibrated.Json.GetProperty("parameters").GetProperty("temperature").GetSingle());
    }

    [Fact]
    public async Task AModelThatEndsInASoftmaxTakesATemperature()
    {
        var answer = await service.InferAsync(
            One.With(
                """ "outputs": [{"name": "probabilities"}, {"name": "softmaxed"}], "parameters": {"temperature": 2} """
            ),
            "softmaxed");

        answer.Output("probabilities").IsSoftmaxOf([3, 1, 2], temperature: 2);
        answer.Output("softmaxed").IsSoftmaxOf([3, 1, 2], temperature: 1);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e999")]
    [InlineData("\"hot\"")]
    [InlineData("\"NaN\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public async Task AnInvalidTemperatureIsRejected(string temperature) =>
        (
            await service.InferAsync(One.With($$""" "parameters": {"temperature": {{temperature}} } """), "plain")
        ).IsError(400, "temperature");
}
