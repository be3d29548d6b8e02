using System.Reflection;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>The command that starts this program once more.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">What comes before the program's own arguments.</param>
internal sealed record ProbeProgram(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>The command; null where another program hosts the service, as its tests do.</summary>
    public static ProbeProgram? Find() => Assembly.GetEntryAssembly() == typeof(ProbeProgram).Assembly
        ? Of(Environment.ProcessPath, AppContext.BaseDirectory)
        : null;

    /// <summary>The command of a process of this program.</summary>
    /// <param name="executable">The executable, which is <c>dotnet</c> if it was started as an assembly.</param>
    /// <param name="folder">The program's folder.</param>
    public static ProbeProgram? Of(string? executable, string folder)
    {
        if (executable is null)
        {
            return null;
        }

        if (!string.Equals(Path.GetFileNameWithoutExtension(executable), "dotnet", StringComparison.OrdinalIgnoreCase))
        {
            return new ProbeProgram(executable, []);
        }

        var assembly = Path.Combine(folder, $"{typeof(ProbeProgram).Assembly.GetName().Name}.dll");
        return System.IO.File.Exists(assembly) ? new ProbeProgram(executable, [assembly]) : null;
    }
}
