using System.Globalization;
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

            // A ranked class of /v2, "probability:class:label": processors differ in a probability's last digits.
            case JsonValueKind.String when expected.ToString().Split(':', 2) is [var number, var ranked]
                && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var probability)
                && actual.ToString().Split(':', 2) is [var actualNumber, var actualRanked]
                && double.TryParse(
                    actualNumber, NumberStyles.Float, CultureInfo.InvariantCulture, out var actualProbability):
                Xunit.Assert.Equal(ranked, actualRanked);
                Xunit.Assert.Equal(probability, actualProbability, Tolerance);
                break;

            default:
                Xunit.Assert.Equal(expected.ToString(), actual.ToString());
                break;
        }
    }
}
