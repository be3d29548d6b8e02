namespace SoftmaxService.Architecture.Tests;

/// <summary>A project and the order of its rooms, which are its first-level folders.</summary>
/// <param name="Folder">The project's folder, such as <c>src/Api</c>.</param>
/// <param name="Namespace">The namespace of its root.</param>
/// <param name="Assembly">The name of its assembly.</param>
/// <param name="Levels">
/// The rooms from top to bottom. A room may use those of lower levels, but not those of its own or a higher level.
/// </param>
internal sealed record Project(
    string Folder, string Namespace, string Assembly, IReadOnlyList<IReadOnlyList<string>> Levels)
{
    /// <summary>The files in the project's root, which compose it and may use every room.</summary>
    public const string Root = "(root)";

    public static Project Api { get; } = new("src/Api", "SoftmaxService.Api", "SoftmaxService.Api",
    [
        ["Endpoints", "OpenInference", "Page"],
        ["OpenApi"],
        ["Access", "Load", "Logging", "Metrics", "Models", "Tracing"],
        ["Wire"],
        ["Problems"],
        ["Processes"],
        ["Settings"],
    ]);

    public static Project Inference { get; } =
        new("src/Inference", "SoftmaxService.Inference", "SoftmaxService.Inference",
    [
        ["Models"],
        ["Batching", "Conventions"],
        ["Calibration", "Imaging", "Onnx"],
        ["Arrays", "Files", "Observation"],
        ["Faults"],
    ]);

    public static Project Cli { get; } = new("src/Cli", "SoftmaxService.Cli", "softmax",
    [
        ["Commands"],
        ["Output"],
        ["Reports"],
        ["Evaluations", "Verification"],
        ["Imports", "Recipes"],
        ["Models"],
        ["Data", "Plots"],
        ["Manifests"],
    ]);

    public static IReadOnlyList<Project> All { get; } = [Api, Inference, Cli];

    public IEnumerable<string> Rooms => Levels.SelectMany(level => level);

    /// <summary>The rooms that a room may use.</summary>
    public IEnumerable<string> Below(string room) =>
        room == Root ? Rooms : Levels.SkipWhile(level => !level.Contains(room)).Skip(1).SelectMany(level => level);

    public bool MayUse(string room, string other) => room == other || Below(room).Contains(other);

    /// <summary>The lowest rooms that may use all of these.</summary>
    public IReadOnlyList<string> LowestThatMayUse(IReadOnlyCollection<string> used) =>
        Levels.Reverse().FirstOrDefault(level => level.Any(room => used.All(other => MayUse(room, other))))
            ?.Where(room => used.All(other => MayUse(room, other))).ToArray() ?? [Root];

    /// <summary>The room that a source is in.</summary>
    public string RoomOf(string path) =>
        path[(Folder.Length + 1)..].Split('/') is [var room, _, ..] ? room : Root;
}
