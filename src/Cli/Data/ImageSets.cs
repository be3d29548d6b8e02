namespace SoftmaxService.Cli.Data;

/// <summary>
/// Chooses the reader for a path, in one place: by the names that the data sets' makers gave their files.
/// </summary>
internal static class ImageSets
{
    public const string Images =
        "a folder of label/image files, MNIST's IDX files, or CIFAR-10's binary files or .tar.gz";

    public const string Kinds = Images + ", or a .csv of logits";

    /// <exception cref="DataException">There is nothing there, or it is not what its name says.</exception>
    public static IImageSet Open(string path, DataSplit? split, Labels labels)
    {
        if (Directory.Exists(path))
        {
            return IdxImages.AreIn(path) ? new IdxImages(IdxImages.FindIn(path, Said(split, path)), labels)
                : CifarImages.AreIn(path) ? CifarImages.FromFolder(path, Said(split, path), labels)
                : new ImageFolder(path, labels);
        }

        if (!File.Exists(path))
        {
            throw new DataException($"{path}: there is no such file or folder. Data is {Kinds}.");
        }

        return path switch
        {
            _ when EndsWith(".bin") => CifarImages.FromFile(path, labels),
            _ when EndsWith(".tar.gz") || EndsWith(".tgz") || EndsWith(".tar") => CifarImages.FromArchive(
                path,
                Said(split, path),
                labels),
            _ => new IdxImages(path, labels),
        };

        bool EndsWith(string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
    }

    private static DataSplit Said(DataSplit? split, string path) =>
        split
        ?? throw new DataException($"{path}: it holds training and test images; say --split train or --split test.");
}
