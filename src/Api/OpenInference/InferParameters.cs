using System.Globalization;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The parameters of a request, of an input or of an output, each as text with its kind. Only ours are ever read: the
/// protocol's others (<c>sequence_id</c>, <c>priority</c>, <c>content_type</c>, …) and a client's own are let through
/// without effect.
/// </summary>
internal sealed class InferParameters(IReadOnlyDictionary<string, InferParameterValue> values)
{
    public const string Temperature = "temperature";
    public const string Classification = "classification";
    public const string BinaryData = "binary_data";
    public const string BinaryDataOutput = "binary_data_output";
    public const string BinaryDataSize = "binary_data_size";
    public const string Timeout = "timeout";
    public const string SharedMemoryRegion = "shared_memory_region";

    private static readonly string[] Read =
    [
        Temperature,
        Classification,
        BinaryData,
        BinaryDataOutput,
        BinaryDataSize,
        Timeout,
        SharedMemoryRegion,
    ];

    /// <summary>What an endpoint says of <see cref="Timeout"/> to a client whose request has timed out.</summary>
    public static TimeoutParameter TimeoutParameter { get; } = new($"the parameter '{Timeout}' in microseconds");

    public static InferParameters None { get; } = new(new Dictionary<string, InferParameterValue>());

    /// <summary>Whether a parameter of this name has an effect somewhere.</summary>
    public static bool IsRead(string name) => Read.Contains(name);

    /// <summary>T for this request; null for the model's.</summary>
    public float? ReadTemperature()
    {
        if (!values.TryGetValue(Temperature, out var value))
        {
            return null;
        }

        return value.Kind != InferParameterKind.Flag
            && float.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var temperature)
            && TemperatureRows.IsValid(temperature)
            ? temperature
            : throw new RequestException(
                Problem.InvalidTemperature,
                $"The parameter {Temperature} is '{Quoting.Shorten(value.Text)}'. {TemperatureRows.Requirement}");
    }

    /// <summary>
    /// How long the client waits, in microseconds as in Triton; null for as long as the service allows, and so is 0.
    /// </summary>
    public TimeSpan? ReadTimeout()
    {
        const long MaxMicroseconds = 86_400_000_000; // a day, the longest that the service allows

        if (!values.TryGetValue(Timeout, out var value))
        {
            return null;
        }

        if (value.Kind == InferParameterKind.Flag
            || !ulong.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
        {
            throw Reject(Timeout, value, "a whole number of microseconds");
        }

        return microseconds == 0 ? null : TimeSpan.FromMicroseconds(Math.Clamp(microseconds, 1000, MaxMicroseconds));
    }

    public bool? ReadFlag(string name) => !values.TryGetValue(name, out var value)
        ? null
        : value.Kind == InferParameterKind.Flag
            ? value.Text == bool.TrueString
            : throw Reject(name, value, "true or false");

    /// <summary>
    /// A whole number of at least <paramref name="minimum"/>. More than an int can hold counts as the most it can.
    /// </summary>
    public int? ReadCount(string name, int minimum)
    {
        if (!values.TryGetValue(name, out var value))
        {
            return null;
        }

        return value.Kind != InferParameterKind.Flag
            && long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            && count >= minimum
            ? (int)Math.Min(count, int.MaxValue)
            : throw Reject(name, value, $"a whole number of at least {minimum}");
    }

    /// <summary>
    /// Rejects shared memory: the client would look for the answer where nothing was written.
    /// </summary>
    public void RejectSharedMemory(string tensor)
    {
        if (values.ContainsKey(SharedMemoryRegion))
        {
            throw new RequestException(
                Problem.BadRequest,
                $"'{Quoting.Shorten(tensor)}' names a {SharedMemoryRegion}; shared memory is not supported.");
        }
    }

    private static RequestException Reject(string name, InferParameterValue value, string requirement) =>
        new(Problem.BadRequest, $"The parameter {name} is '{Quoting.Shorten(value.Text)}'; it must be {requirement}.");
}

internal enum InferParameterKind
{
    Text,
    Number,
    Flag,
}

internal readonly record struct InferParameterValue(InferParameterKind Kind, string Text);
