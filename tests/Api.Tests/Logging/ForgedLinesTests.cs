using System.Net.Http.Headers;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Logging;

public sealed class ForgedLinesTests
{
    private const string Forged = "00:00:00.000 FTL forged";
    private const string Name = $"a\n{Forged}";
    private const string EscapedName = $"a\\u000a{Forged}";

    [FileNameFact]
    public async Task TheNameOfAFolderCannotForgeALine()
    {
        using var folder = new ModelFolder()
            .With($"{Name}/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4))
            .With($"{Name} broken/1", "no model"u8);
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built, $"--Models:Folder={folder.Path}");
        using var image = new ByteArrayContent(RunningService.Seven)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
        };
        using var answer = await service.Client.PostAsync("/classify", image);
        answer.EnsureSuccessStatusCode();
        await service.TerminateAsync();
        await service.ExitCodeAsync();

        var lines = service.Output.Split('\n');
        Assert.DoesNotContain(lines, line => line.StartsWith(Forged, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains($"Model {EscapedName}/1 is loaded", StringComparison.Ordinal));
        Assert.Contains(
            lines, line => line.Contains($"Model {EscapedName} broken/1 could not be", StringComparison.Ordinal));
        Assert.Contains(
            lines,
            line => line.Contains("POST /classify answered 200", StringComparison.Ordinal)
                && line.Contains($" {EscapedName} 1 ", StringComparison.Ordinal));
    }

    /// <summary>Runs where the name of a folder may hold a line break.</summary>
    private sealed class FileNameFactAttribute : FactAttribute
    {
        public FileNameFactAttribute()
        {
            if (OperatingSystem.IsWindows())
            {
                Skip = "Windows allows no line break in the name of a folder.";
            }
        }
    }
}
