using System.ComponentModel;
using System.Diagnostics;

namespace SoftmaxService.Tests.Support;

/// <summary>A program that a test requires and that some machines lack.</summary>
public static class Tool
{
    /// <summary>Null if the program can be started, otherwise the reason to skip a test.</summary>
    public static string? WhyMissing(string name, params string[] harmless)
    {
        try
        {
            using var tool = Process.Start(
                new ProcessStartInfo(name, harmless) { RedirectStandardOutput = true, RedirectStandardError = true });
            tool?.WaitForExit();
            return null;
        }
        catch (Win32Exception)
        {
            return $"This test requires {name}, which is not on the path.";
        }
    }
}
