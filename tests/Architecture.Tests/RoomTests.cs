using System.Text.RegularExpressions;

namespace SoftmaxService.Architecture.Tests;

/// <summary>A room may use the rooms of lower levels, but not those of its own or a higher level.</summary>
public sealed partial class RoomTests
{
    public static TheoryData<string, string> EveryRoom()
    {
        var rooms = new TheoryData<string, string>();
        foreach (var project in Project.All)
        {
            foreach (var room in project.Rooms)
            {
                rooms.Add(project.Folder, room);
            }
        }

        return rooms;
    }

    public static TheoryData<string> EveryProject() => [.. Project.All.Select(project => project.Folder)];

    [Theory]
    [MemberData(nameof(EveryRoom))]
    public void ARoomUsesOnlyRoomsBelowIt(string folder, string room)
    {
        var project = ProjectIn(folder);

        AssertKeepsTheOrder(project, room, SourceReader.UsesIn(project));
    }

    [Fact]
    public void BatchingKnowsNeitherImagesNorCalibration() => Assert.DoesNotContain(
        SourceReader.UsesIn(Project.Inference),
        use => use is { UserRoom: "Batching", UsedRoom: "Imaging" or "Calibration" });

    [Fact]
    public void ConventionsKnowsNeitherOnnxRuntimeNorTheMeter() => Assert.DoesNotContain(
        SourceReader.UsesIn(Project.Inference),
        use => use is { UserRoom: "Conventions", UsedRoom: "Onnx" or "Observation" });

    [Theory]
    [InlineData("Imaging")]
    [InlineData("Onnx")]
    [InlineData("Batching")]
    public void PixelsAndTensorsKnowNoLabels(string room) => Assert.DoesNotContain(
        SourceReader.Sources(Project.Inference)
            .Where(source => source.Path.StartsWith($"src/Inference/{room}/", StringComparison.Ordinal))
            .SelectMany(source => SourceReader.NamesIn(source.Text)),
        name => name.Contains("Labels", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(EveryProject))]
    public void EveryFolderIsARoomAndEveryNamespaceFollowsItsFolder(string folder)
    {
        var project = ProjectIn(folder);

        Assert.All(SourceReader.Sources(project), source =>
        {
            var folders = source.Path[(folder.Length + 1)..].Split('/')[..^1];
            Assert.True(
                folders.Length == 0 || project.Rooms.Contains(folders[0]),
                $"{source.Path}: {folders.FirstOrDefault()} is not a room of {folder}. "
                + $"Move the file to one, or add the room to {nameof(Project)}.");
            if (NamespaceDeclaration().Match(source.Text) is { Success: true } declared)
            {
                Assert.Equal(string.Join('.', [project.Namespace, .. folders]), declared.Groups[1].Value);
            }
        });
    }

    /// <summary>Program.cs reads like a contents page: it names every room of the edge and sets each up once.</summary>
    [Fact]
    public void ProgramNamesEachConcernOnce()
    {
        var program = SourceReader.Sources(Project.Api).Single(source => source.Path == "src/Api/Program.cs");
        var calls = SetupCall().Matches(program.Text).Select(call => call.Groups[1].Value).ToArray();

        Assert.Equal(calls.Distinct(), calls);
        Assert.All(Project.Api.Rooms, room => Assert.Contains(
            SourceReader.UsesIn(Project.Api), use => use.File == program.Path && use.UsedRoom == room));
    }

    internal static void AssertKeepsTheOrder(Project project, string room, IReadOnlyList<Use> uses)
    {
        var wrong = uses
            .Where(use => use.UserRoom == room && use.UsedRoom is { } used && !project.MayUse(room, used))
            .GroupBy(use => (use.User, use.Used, use.UsedRoom))
            .Select(same => Explain(project, same.First(), uses))
            .ToArray();

        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private static Project ProjectIn(string folder) => Project.All.Single(project => project.Folder == folder);

    private static string Explain(Project project, Use use, IReadOnlyList<Use> uses)
    {
        var roomsOfUser = uses
            .Where(other => other.User == use.User && other.UserRoom == use.UserRoom)
            .Select(other => other.UsedRoom)
            .OfType<string>()
            .Where(room => room != use.UserRoom)
            .ToHashSet();
        var home = string.Join(" or ", project.LowestThatMayUse(roomsOfUser));
        var below = string.Join(", ", project.Below(use.UserRoom).DefaultIfEmpty("no other room"));
        return $"{use.File}({use.Line}): {use.User} uses {use.Used}, which is in {use.UsedRoom}. "
            + $"{use.UserRoom} may use: {below}. By what it uses, {use.User} belongs in {home}. "
            + $"If it belongs in {use.UserRoom}, {use.Used} belongs there too or further below, "
            + $"or {use.UsedRoom} must register what {use.UserRoom} needs of it.";
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"\.((?:Add|Use|Map)\w+)[(<]")]
    private static partial Regex SetupCall();
}
