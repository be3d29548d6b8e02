using System.Globalization;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A goal and its result.</summary>
/// <param name="Title">What is measured.</param>
/// <param name="Bound">The bound, in words.</param>
/// <param name="Measured">The measured value, in words.</param>
/// <param name="IsMet">Whether the goal is met; null if it could not be measured.</param>
internal sealed record Goal(string Title, string Bound, string Measured, bool? IsMet)
{
    public string Verdict => IsMet switch
    {
        true => "pass",
        false => "**falls short**",
        null => "not measured",
    };

    public static Goal AtMost(string title, double measured, double bound, string unit = "", string format = "F2") =>
        new(title, $"≤ {Number(bound, "0.##")}{unit}", $"{Number(measured, format)}{unit}", measured <= bound);

    public static Goal AtLeast(string title, double bound, params double[] measured) =>
        new(
            title,
            $"≥ {Number(bound, "0.##")}",
            string.Join(", ", measured.Select(value => Number(value, "F2"))),
            measured.All(value => value >= bound));

    public static Goal NotMeasured(string title, string bound) => new(title, bound, "no native binary", null);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
