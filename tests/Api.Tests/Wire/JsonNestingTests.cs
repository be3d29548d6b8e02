using System.Text;
using System.Text.Json;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Tests.Wire;

public sealed class JsonNestingTests
{
    private const int MaxDepth = 3;

    [Theory]
    [InlineData("[[[1]]]", null)]
    [InlineData("[[[[1]]]]", true)]
    [InlineData("""{"a": {"b": {"c": {"d": 1}}}}""", true)]
    [InlineData("""{"a": "[[[[", "b": [[[1]]]}""", true)]
    [InlineData("[\n  [[1]],\n  [[2], [\n [\n", true)]
    [InlineData("[[[", false)]
    [InlineData("[[[}", false)]
    [InlineData("[[1, x, [[[", false)]
    [InlineData("[[[1]]] [", false)]
    [InlineData("", false)]
    public void OnlyNestingBeyondTheLimitIsTooDeep(string json, bool? isTooDeep)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);

        Assert.Equal(isTooDeep, FaultOf(utf8) is { } fault ? JsonNesting.IsTooDeep(fault, utf8, MaxDepth) : null);
    }

    private static JsonException? FaultOf(byte[] utf8)
    {
        try
        {
            JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth }).Dispose();
            return null;
        }
        catch (JsonException fault)
        {
            return fault;
        }
    }
}
