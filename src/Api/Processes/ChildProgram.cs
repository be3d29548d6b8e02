using System.Diagnostics;
using System.Reflection;

namespace SoftmaxService.Api.Processes;

/// <summary>The command that starts this program once more.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">What comes before the program's own arguments.</param>
internal sealed record ChildProgram(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>The command; null where another program hosts the service, as its tests do.</summary>
    public static ChildProgram? Find() => Assembly.GetEntryAssembly() == typeof(ChildProgram).Assembly
        ? Of(Environment.ProcessPath, AppContext.BaseDirectory)
        : null;

    /// <summary>The command of a process of this program.</summary>
    /// <param name="executable">The executable, which is <c>dotnet</c> if it was started as an assembly.</param>
    /// <param name="folder">The program's folder.</param>
    public static ChildProgram? Of(string? executable, string folder)
    {
        if (executable is null)
        {
            return null;
        }

        if (!string.Equals(Path.GetFileNameWithoutExtension(executable), "dotnet", StringComparison.OrdinalIgnoreCase))
        {
            return new ChildProgram(executable, []);
        }

        var assembly = Path.Combine(folder, $"{typeof(ChildProgram).Assembly.GetName().Name}.dll");
        return System.IO.File.Exists(assembly) ? new ChildProgram(executable, [assembly]) : null;
    }

    /// <summary>How to start a process that talks with this one over its input and output.</summary>
    /// <param name="arguments">What it is to do.</param>
    public ProcessStartInfo StartOf(params string[] arguments)
    {
        var start = new ProcessStartInfo(File, [.. Arguments, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };

        // A crash is expected: it needs no dump, and no socket that a debugger could connect to.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }
}
