using SoftmaxService.Cli.Data;
using SoftmaxService.Inference.Arrays;

namespace SoftmaxService.Cli.Verification;

/// <summary>An array that the maker's code saved.</summary>
/// <param name="Path">The file, and for an archive the array's name in it.</param>
/// <param name="Array">The array.</param>
internal sealed record GivenArray(string Path, NumpyArray Array)
{
    private const string Archive = ".npz";

    /// <summary>Reads a <c>.npy</c> file, or the array of a <c>.npz</c> archive that fits.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fits">Chooses among several arrays of an archive.</param>
    /// <exception cref="DataException">There is no such file, it is damaged, or the choice is unclear.</exception>
    public static GivenArray Read(string path, Predicate<NumpyArray> fits)
    {
        using var file = DataFile.OpenRead(path);
        try
        {
            return path.EndsWith(Archive, StringComparison.OrdinalIgnoreCase)
                ? Choose(path, NpzFormat.Read(file), fits)
                : new GivenArray(path, NpyFormat.Read(file, file.Length));
        }
        catch (InvalidDataException fault)
        {
            throw new DataException($"{path}: {fault.Message}.", fault);
        }
    }

    private static GivenArray Choose(
        string path, IReadOnlyList<KeyValuePair<string, NumpyArray>> arrays, Predicate<NumpyArray> fits)
    {
        var fitting = arrays.Count == 1 ? arrays : [.. arrays.Where(array => fits(array.Value))];
        return fitting is [var (name, only)]
            ? new GivenArray($"{path} ({name})", only)
            : throw new DataException(
                $"{path}: {(fitting.Count == 0 ? "none" : "more than one")} of its arrays fits the model: "
                + $"{string.Join(", ", arrays.Select(array => $"{array.Key} {array.Value.ShapeText}"))}. Save the one "
                + "that is meant as a .npy file.");
    }
}
