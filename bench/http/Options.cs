using System.Globalization;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>Options of the form <c>--name=value</c>.</summary>
internal sealed class Options(string[] arguments)
{
    public bool IsEmpty => arguments.Length == 0;

    public bool Write => arguments.Contains("--write");

    public double Number(string name, double defaultValue) =>
        Text(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : defaultValue;

    public string? Text(string name) =>
        arguments.FirstOrDefault(argument => argument.StartsWith($"--{name}=", StringComparison.Ordinal)) is { } found
            ? found[(name.Length + 3)..]
            : null;

    public static int Reject()
    {
        Console.Error.WriteLine(
            """
            usage: bench/http/run [--rounds=N] [--seconds=N] [--warm-up=N] [--model=FILE] [--write]
                   bench/http/run compare COMMIT [--starts=N] [--rounds=N] [--seconds=N] [--warm-up=N] [--write]
                   bench/http/run batching [--rounds=N] [--seconds=N] [--write]

            --write keeps the result; the race without any option keeps it, too.
            """);
        return 2;
    }
}
