using System.ComponentModel;
using System.Diagnostics;

namespace SoftmaxService.Tests.Support;

/// <summary>A program that a test needs and not every machine has.</summary>
public static class Tool
{
    /// <summary>Null where it can be started, else the reason for which a test is skipped.</summary>
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
            return $"This test runs {name}, which is not on this machine's path.";
        }
    }
}
