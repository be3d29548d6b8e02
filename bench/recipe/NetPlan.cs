using System.Globalization;

namespace SoftmaxService.RecipeBenchmarks;

internal enum DataSet
{
    Mnist,
    Cifar10,
}

/// <summary>
/// What the maker of one net does to an image, and what is trained on it. With three <paramref name="Channels"/>, grey
/// images are given to each of them, as for pretrained nets. With <paramref name="BlueFirst"/>, the channels are blue,
/// green, red. With <paramref name="DarkInk"/>, pixels are inverted first.
/// </summary>
internal sealed record NetPlan(
    DataSet DataSet,
    Scaling Scaling,
    Architecture Architecture,
    int Seed,
    int Channels = 3,
    bool BlueFirst = false,
    bool DarkInk = false)
{
    public const string BlueFirstSuffix = ", BGR";

    public static IReadOnlyList<NetPlan> All { get; } = [.. Mnist().Concat(Cifar10()).OrderBy(plan => plan.Seed)];

    public int Side => DataSet == DataSet.Mnist ? 28 : 32;

    /// <summary>The scaling with what else was done, as in the report's table.</summary>
    public string Transform =>
        Scaling.Name + (BlueFirst ? BlueFirstSuffix : "") + (DarkInk ? ", dark ink" : "");

    /// <summary>What <c>softmax recipe</c> calls it.</summary>
    public string RecipeName =>
        Scaling.RecipeName + (BlueFirst ? BlueFirstSuffix : "") + (DarkInk ? ", inverted" : "");

    /// <summary>The name of its file.</summary>
    public string Name =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{DataSet}-{Scaling.RecipeName}{Variant}-{Architecture.Name}-{Seed}").ToLowerInvariant();

    private string Variant => (BlueFirst ? "-bgr" : "") + (DarkInk ? "-dark" : "");

    private static IEnumerable<NetPlan> Mnist()
    {
        foreach (var (architecture, seed) in Architecture.ForDigits.Select((a, i) => (a, i + 1)))
        {
            foreach (var scaling in Scaling.Grey)
            {
                yield return new(DataSet.Mnist, scaling, architecture, seed, Channels: 1);
                yield return new(DataSet.Mnist, scaling, architecture, seed, Channels: 1, DarkInk: true);
            }

            foreach (var scaling in Scaling.Colour)
            {
                yield return new(DataSet.Mnist, scaling, architecture, seed);
            }

            yield return new(DataSet.Mnist, Scaling.KerasCaffe, architecture, seed, BlueFirst: true);
        }
    }

    private static IEnumerable<NetPlan> Cifar10()
    {
        foreach (var (architecture, seed) in Architecture.ForPhotographs.Select((a, i) => (a, i + 1)))
        {
            foreach (var scaling in Scaling.Grey.Concat(Scaling.Colour))
            {
                yield return new(DataSet.Cifar10, scaling, architecture, seed);
                yield return new(DataSet.Cifar10, scaling, architecture, seed, BlueFirst: true);
            }

            yield return new(DataSet.Cifar10, Scaling.KerasCaffe, architecture, seed, BlueFirst: true);
        }
    }
}
