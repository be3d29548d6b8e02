using System.Text.Json;

namespace SoftmaxService.Tests.Support;

/// <summary>
/// Asserts that two answers have the same form and content. Numbers may differ as they do between vector widths, and
/// trace ids differ.
/// </summary>
public static class SameJson
{
    private const double Tolerance = 1e-4;

    public static void Assert(JsonElement expected, JsonElement actual, string what)
    {
        Xunit.Assert.True(expected.ValueKind == actual.ValueKind, $"{what}: {actual} is not {expected}");
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Xunit.Assert.Equal(
                    expected.EnumerateObject().Select(property => property.Name),
                    actual.EnumerateObject().Select(property => property.Name));
                foreach (var property in expected.EnumerateObject().Where(property => property.Name != "traceId"))
                {
                    Assert(property.Value, actual.GetProperty(property.Name), $"{what}: {property.Name}");
                }

                break;

            case JsonValueKind.Array:
                Xunit.Assert.Equal(expected.GetArrayLength(), actual.GetArrayLength());
                foreach (var (left, right) in expected.EnumerateArray().Zip(actual.EnumerateArray()))
                {
                    Assert(left, right, what);
                }

                break;

            case JsonValueKind.Number:
                Xunit.Assert.True(
                    Math.Abs(expected.GetDouble() - actual.GetDouble())
                        <= Tolerance * Math.Max(1, Math.Abs(expected.GetDouble())),
                    $"{what}: {actual} is not {expected}");
                break;

            default:
                Xunit.Assert.Equal(expected.ToString(), actual.ToString());
                break;
        }
    }
}
