namespace SoftmaxService.Architecture.Tests;

/// <summary>One use of a type or of its member in a source.</summary>
/// <param name="File">The path of the source in the repository.</param>
/// <param name="Line">The line number, from 1.</param>
/// <param name="UserRoom">The room of the using type.</param>
/// <param name="User">The using type, or the file if there is none.</param>
/// <param name="UsedNamespace">The namespace of the used type.</param>
/// <param name="Used">The used type.</param>
/// <param name="UsedRoom">Its room; null if it is in another project.</param>
internal sealed record Use(
    string File, int Line, string UserRoom, string User, string UsedNamespace, string Used, string? UsedRoom)
{
    /// <summary>Whether the used type is in a namespace or in one below it.</summary>
    public bool IsOf(string name) =>
        UsedNamespace == name || UsedNamespace.StartsWith($"{name}.", StringComparison.Ordinal);

    public override string ToString() => $"{File}({Line}): {User} uses {UsedNamespace}.{Used}";
}
