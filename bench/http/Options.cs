using System.Globalization;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>Options of the form <c>--name=value</c>.</summary>
internal sealed class Options(string[] arguments)
{
    public bool Write => arguments.Contains("--write");

    public double Number(string name, double otherwise) =>
        arguments.FirstOrDefault(argument => argument.StartsWith($"--{name}=", StringComparison.Ordinal)) is { } said
            ? double.Parse(said[(name.Length + 3)..], CultureInfo.InvariantCulture)
            : otherwise;

    public static int Refuse()
    {
        Console.Error.WriteLine("usage: bench/http/run batching [--rounds=N] [--seconds=N] [--write] | soak [--minutes=N] [--write]");
        return 2;
    }
}
