using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SoftmaxService.Architecture.Tests;

/// <summary>
/// Finds every use of a type in the sources of a project with the compiler's semantic model. A constant, a
/// <c>nameof</c>, an extension method or a <c>cref</c> counts, too, although the compiled assembly does not contain it.
/// </summary>
internal static class SourceReader
{
    // The namespaces that the SDK imports in every file.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // The namespaces that the web SDK imports in addition.
    private const string WebUsings = """
        global using System.Net.Http.Json;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    // Every assembly that these tests could load; the runtime always lists them.
    private static readonly string[] Assemblies =
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    private static readonly Dictionary<Project, Lazy<IReadOnlyList<Use>>> Known = Project.All.ToDictionary(
        project => project,
        project => new Lazy<IReadOnlyList<Use>>(() => Read(project, Sources(project))));

    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    public static IReadOnlyList<Use> UsesIn(Project project) => Known[project].Value;

    public static IEnumerable<(string Path, string Text)> Sources(Project project) => Directory
        .EnumerateFiles(Path.Combine(RepositoryRoot, project.Folder), "*.cs", SearchOption.AllDirectories)
        .Select(path => (Path.GetRelativePath(RepositoryRoot, path).Replace('\\', '/'), File.ReadAllText(path)));

    /// <summary>Every identifier of a source, regardless of its kind.</summary>
    public static IEnumerable<string> NamesIn(string source) =>
        CSharpSyntaxTree.ParseText(source)
            .GetRoot()
            .DescendantTokens()
            .Where(token => token.IsKind(SyntaxKind.IdentifierToken))
            .Select(token => token.Text);

    /// <summary>Every type that a source declares.</summary>
    public static IEnumerable<string> TypesIn(string source) =>
        CSharpSyntaxTree.ParseText(source)
            .GetRoot()
            .DescendantNodes()
            .OfType<BaseTypeDeclarationSyntax>()
            .Select(type => type.Identifier.Text);

    /// <summary>Reads sources as if they were the project's.</summary>
    public static IReadOnlyList<Use> Read(Project project, IEnumerable<(string Path, string Text)> sources)
    {
        var parsing = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Parse);
        SyntaxTree[] trees =
            [.. sources.Select(source => CSharpSyntaxTree.ParseText(source.Text, parsing, source.Path))];

        // Generated sources, such as gRPC messages, are missing. They are in the same room as the sources that they are
        // generated from.
        var compilation = CSharpCompilation.Create(
            project.Assembly,
            [
                .. trees,
                CSharpSyntaxTree.ParseText(ImplicitUsings, parsing),
                CSharpSyntaxTree.ParseText(project == Project.Api ? WebUsings : "", parsing),
            ],
            Assemblies
                .Where(path => Path.GetFileNameWithoutExtension(path) != project.Assembly)
                .Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true));
        return [.. trees.SelectMany(tree => Read(project, tree, compilation.GetSemanticModel(tree)))];
    }

    private static IEnumerable<Use> Read(Project project, SyntaxTree tree, SemanticModel model)
    {
        foreach (var name in tree.GetRoot().DescendantNodes(descendIntoTrivia: true).OfType<SimpleNameSyntax>())
        {
            if (TypeOf(model.GetSymbolInfo(name)) is not { } used)
            {
                continue;
            }

            var user = name.AncestorsAndSelf().OfType<BaseTypeDeclarationSyntax>().LastOrDefault();
            var source = used.DeclaringSyntaxReferences.FirstOrDefault()?.SyntaxTree.FilePath;
            yield return new Use(
                tree.FilePath,
                name.GetLocation().GetLineSpan().StartLinePosition.Line + 1,
                project.RoomOf(tree.FilePath),
                user?.Identifier.Text ?? Path.GetFileName(tree.FilePath),
                NamespaceOf(used),
                used.Name,
                source is null ? null : project.RoomOf(source));
        }
    }

    private static INamedTypeSymbol? TypeOf(SymbolInfo info) =>
        (info.Symbol ?? info.CandidateSymbols.FirstOrDefault()) switch
        {
            INamedTypeSymbol type => type.OriginalDefinition,
            { ContainingType: { } type } => type.OriginalDefinition,
            _ => null,
        };

    private static string NamespaceOf(INamedTypeSymbol type) =>
        type.ContainingNamespace is { IsGlobalNamespace: false } name ? name.ToDisplayString() : "";

    private static string FindRepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SoftmaxService.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new InvalidOperationException("The tests run from a checkout that contains SoftmaxService.sln.");
    }
}
