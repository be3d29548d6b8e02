namespace SoftmaxService.Cli.Data;

/// <summary>
/// Image files in folders that are named as their class, in the order of the classes and then of the names; hidden
/// files are passed over.
/// </summary>
internal sealed class ImageFolder : IImageSet
{
    private readonly string _folder;
    private readonly (string Path, int Label)[] _files;

    public ImageFolder(string folder, Labels labels)
    {
        _folder = folder;
        _files = labels.AreIgnored ? [.. FilesBelow(folder).Select(path => (path, -1))] : ReadLabelled(folder, labels);
        if (_files.Length == 0)
        {
            throw new DataException($"{folder}: the folder holds no images.");
        }
    }

    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_folder)));

    public int Count => _files.Length;

    public IEnumerable<LabelledImage> Read(Selection selection)
    {
        foreach (var (path, label) in _files.Where((_, position) => selection.Contains(position)))
        {
            using var file = DataFile.OpenRead(path);
            var encoded = new byte[file.Length];
            file.ReadExactly(encoded);
            yield return new LabelledImage(Path.GetRelativePath(_folder, path), label, encoded);
        }
    }

    private static (string Path, int Label)[] ReadLabelled(string folder, Labels labels)
    {
        if (Directory.EnumerateFiles(folder).Where(IsVisible).Order(StringComparer.Ordinal).FirstOrDefault() is
            { } loose)
        {
            throw new DataException(
                $"{loose}: the file lies beside the folders that name the classes ({labels}); every image belongs in "
                    + "one of them.");
        }

        var labelled = new List<(string Path, int Label)>();
        foreach (var subfolder in Directory.EnumerateDirectories(folder).Where(IsVisible))
        {
            var label = labels.Find(Path.GetFileName(subfolder));
            if (label < 0)
            {
                var hint = labels.AreNumbers
                    ? " No file names its classes: put a labels.txt with a name a line beside it, or call the folders "
                        + "by the numbers."
                    : "";
                throw new DataException(
                    $"{subfolder}: '{Path.GetFileName(subfolder)}' is not a class of the model, which has {labels}."
                        + hint);
            }

            labelled.AddRange(FilesBelow(subfolder).Select(path => (path, label)));
        }

        return [.. labelled.OrderBy(file => file.Label).ThenBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static IEnumerable<string> FilesBelow(string folder) =>
        Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(IsVisible)
            .Order(StringComparer.Ordinal);

    private static bool IsVisible(string path) => !Path.GetFileName(path).StartsWith('.');
}
