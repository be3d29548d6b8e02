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

    /// <exception cref="ConventionException">
    /// The first file of names is malformed. Later ones give a warning if they are, or if they disagree.
    /// </exception>
    public static StatedModel Read(SidecarFolders folders, int? classCount)
    {
        var stated = new StatedModel();
        foreach (var name in Names)
        {
            try
            {
                stated = folders.Find(name) is { } file ? Add(stated, file, classCount) : stated;
            }
            catch (ConventionException fault) when (stated.Labels is not null)
            {
                stated = stated.Warn(fault.Message);
            }
        }

        return stated;
    }

    private static StatedModel Add(StatedModel stated, Sidecar file, int? classCount)
    {
        var (names, warning) = LabelFile.Read(file);
        var found = LabelNames.State(names, file.Name, classCount);
        found = warning is null ? found : found.Warn(warning);
        return (stated.Labels, found.Labels) switch
        {
            (null, _) or (_, null) => stated.Over(found),
            ({ } first, { } other) when first.Value.SequenceEqual(other.Value) => stated,
            ({ } first, _) => stated.Warn($"{file.Name} names other classes than {first.Source}; it is not used"),
        };
    }
}
