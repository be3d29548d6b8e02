namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>Names of classes, in the order of the output.</summary>
/// <param name="Names">The names.</param>
/// <param name="Warnings">
/// What was assumed where a file leaves their order open. Each is a sentence that begins with the file's name.
/// </param>
internal sealed record ClassNames(IReadOnlyList<string> Names, params IReadOnlyList<string> Warnings)
{
    /// <summary>
    /// The names as the classes of a model with so many outputs. A model with 1001 has a background in front of
    /// ImageNet's 1000 classes; any other number that does not fit states nothing.
    /// </summary>
    public StatedModel State(string source, int? classCount)
    {
        var names = Names;
        if (classCount is not null && classCount != names.Count)
        {
            if ((classCount, names.Count) is not (1001, 1000))
            {
                return new StatedModel().Warn(
                    $"{source} has {names.Count} names, but the model {classCount} outputs; it is not used",
                    DoubtAbout.Labels);
            }

            names = ["background", .. names];
        }

        var stated = new StatedModel
        {
            Labels = new Stated<IReadOnlyList<string>>(names, source),
            Doubts = [.. Warnings.Select(warning => new Doubt($"{source} {warning}", DoubtAbout.Labels))],
        };
        return names.Count == Names.Count
            ? stated
            : stated.Warn(
                $"{source} has 1000 names and the model 1001 outputs; the first is taken for 'background'",
                DoubtAbout.Labels);
    }
}
