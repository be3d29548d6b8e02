namespace SoftmaxService.Cli.Data;

/// <summary>Images and labels of the MNIST family: two IDX files, the second found by the name of the first.</summary>
internal sealed class IdxImages : IImageSet
{
    private readonly string _path;
    private readonly Labels _labels;
    private readonly byte[] _labelOf;
    private readonly int _height;
    private readonly int _width;

    public IdxImages(string path, Labels labels)
    {
        _path = path;
        _labels = labels;
        using var images = IdxFile.Open(path);
        if (images.Dimensions is not [var count and >= 0, var height and > 0 and < 65536, var width and > 0 and < 65536]
        )
        {
            throw new DataException(
                $"{path}: it has the dimensions [{string.Join(", ", images.Dimensions)}]; images have three, their "
                    + "number, height and width.");
        }

        (Count, _height, _width) = (count, height, width);
        _labelOf = labels.AreIgnored ? [] : ReadLabels(LabelsPath(path));
    }

    public string Name => Path.GetFileName(_path);

    public int Count { get; }

    /// <summary>Whether a folder holds files that are named as MNIST's are.</summary>
    public static bool AreIn(string folder) => Directory.EnumerateFiles(folder, "*-images*idx3-ubyte*").Any();

    /// <summary>The images file of one part of a folder.</summary>
    public static string FindIn(string folder, DataSplit split)
    {
        var part = split == DataSplit.Train ? "train" : "t10k";
        string[] names =
        [
            $"{part}-images-idx3-ubyte.gz",
            $"{part}-images-idx3-ubyte",
            $"{part}-images.idx3-ubyte",
            $"{part}-images.idx3-ubyte.gz",
        ];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new DataException($"{Path.Combine(folder, names[0])}: there is no such file, zipped or not.");
    }

    public IEnumerable<LabelledImage> Read(Selection selection)
    {
        using var images = IdxFile.Open(_path);
        var pixels = new byte[_height * _width];
        for (var index = 0; index < selection.End; index++)
        {
            images.Read(pixels, $"image {index}");
            if (selection.Contains(index))
            {
                yield return new LabelledImage(
                    $"{Name} image {index}",
                    _labels.AreIgnored ? -1 : _labelOf[index],
                    PngEncoding.FromGray(pixels, _width, _height));
            }
        }

        if (selection.End == Count)
        {
            images.CheckEnd();
        }
    }

    private static string LabelsPath(string images)
    {
        var name = Path.GetFileName(images);
        var folder = Path.GetDirectoryName(images) ?? "";
        var wanted = name.Replace("images", "labels", StringComparison.Ordinal)
            .Replace("idx3", "idx1", StringComparison.Ordinal);
        if (wanted == name)
        {
            throw new DataException(
                $"{images}: the labels file beside it cannot be guessed; call them as MNIST does, …-images-idx3-ubyte "
                    + "and …-labels-idx1-ubyte.");
        }

        var other = wanted.EndsWith(".gz", StringComparison.Ordinal) ? wanted[..^3] : wanted + ".gz";
        return new[] { wanted, other }.Select(candidate => Path.Combine(folder, candidate)).FirstOrDefault(File.Exists)
            ?? throw new DataException(
                $"{Path.Combine(folder, wanted)}: there is no such file; it should hold the labels of {name}.");
    }

    private byte[] ReadLabels(string path)
    {
        using var file = IdxFile.Open(path);
        if (file.Dimensions is not [var count] || count != Count)
        {
            throw new DataException(
                $"{path}: it has the dimensions [{string.Join(", ", file.Dimensions)}]; for the {Count} images of "
                    + $"{Name} it must be [{Count}].");
        }

        var labels = new byte[count];
        file.Read(labels, "its labels");
        file.CheckEnd();
        for (var index = 0; index < labels.Length; index++)
        {
            _labels.Check(labels[index], () => $"{path}: image {index}");
        }

        return labels;
    }
}
