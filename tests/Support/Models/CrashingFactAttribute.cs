using System.Runtime.InteropServices;

namespace SoftmaxService.Tests.Support.Models;

/// <summary>A test of a crash that only x64 has: other processors give a quotient for every division.</summary>
public sealed class CrashingFactAttribute : FactAttribute
{
    public CrashingFactAttribute() =>
        Skip = RuntimeInformation.ProcessArchitecture == Architecture.X64 && OperatingSystem.IsLinux()
            ? null
            : "Only on x64 does the division of the least whole number by -1 end a process, with a signal on Linux.";
}
