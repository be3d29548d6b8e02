namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>Looks for files of class names under their usual names.</summary>
internal static class LabelFiles
{
    // From the most to the least specific; the first that can be used wins.
    private static readonly string[] Names =
    [
        "labels.txt",
        "class_labels.txt",
        "class_names.json",
        "classes.json",
        "classes.txt",
        "synset.txt",
        "synset_words.txt",
        "imagenet_classes.txt",
        "labels.json",
        "index_to_name.json",
        "class_indices.json",
    ];

    private const string Expected =
        "a file of labels holds a name a line, a list of names, or a map between names and indices";

    /// <summary>The first names that can be used. Files that are malformed or disagree give a warning.</summary>
    public static StatedModel Read(SidecarFolders folders, int? classCount)
    {
        var stated = new StatedModel();
        foreach (var name in Names)
        {
            try
            {
                stated = folders.Find(name) is { } file ? Add(stated, file, classCount) : stated;
            }
            catch (ConventionException fault)
            {
                stated = stated.Warn($"{fault.Message}; it is not used: {Expected}");
            }
        }

        return stated;
    }

    private static StatedModel Add(StatedModel stated, Sidecar file, int? classCount)
    {
        var found = LabelFile.Read(file, classCount).State(file.Name, classCount);
        return (stated.Labels, found.Labels) switch
        {
            (null, _) or (_, null) => stated.Over(found),
            ({ } first, { } other) when first.Value.SequenceEqual(other.Value) => stated,
            ({ } first, _) => stated.Warn($"{file.Name} names other classes than {first.Source}; it is not used"),
        };
    }
}
