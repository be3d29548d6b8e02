namespace SoftmaxService.Architecture.Tests;

/// <summary>One place in a source where a type is named, or a member of it.</summary>
/// <param name="File">The source, from the repository's root.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="UserRoom">The room of the type that names it.</param>
/// <param name="User">The type that names it, or the file where there is none.</param>
/// <param name="UsedNamespace">The namespace of what is named.</param>
/// <param name="Used">The type that is named.</param>
/// <param name="UsedRoom">Its room; null where it is of another project.</param>
internal sealed record Use(
    string File, int Line, string UserRoom, string User, string UsedNamespace, string Used, string? UsedRoom)
{
    /// <summary>Whether what is named is of a namespace or of one below it.</summary>
    public bool IsOf(string name) =>
        UsedNamespace == name || UsedNamespace.StartsWith($"{name}.", StringComparison.Ordinal);

    public override string ToString() => $"{File}({Line}): {User} uses {UsedNamespace}.{Used}";
}
