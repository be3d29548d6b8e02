namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>Looks for files of class names under their usual names.</summary>
internal static class LabelFiles
{
    // From the most to the least specific.
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

    /// <summary>What each file states; for a malformed one only a warning.</summary>
    public static IEnumerable<StatedModel> Read(SidecarFolders folders, int? classCount)
    {
        foreach (var name in Names)
        {
            StatedModel stated;
            try
            {
                if (folders.Find(name) is not { } file)
                {
                    continue;
                }

                stated = LabelFile.Read(file, classCount).State(file.Name, classCount);
            }
            catch (ConventionException fault)
            {
                stated = new StatedModel().Warn(
                    $"{fault.Message}; it is not used: {Expected}", DoubtAbout.Labels);
            }

            yield return stated;
        }
    }
}
