using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SoftmaxService.Api.Processes;

/// <summary>What a process that the service has started owes it.</summary>
internal static partial class ParentProcess
{
    // From <linux/fcntl.h>, and what a user may have by default.
    private const int SetPipeSize = 1031;
    private const int PipeBytes = 1 << 20;

    // EINTR, from <asm-generic/errno-base.h>.
    private const int Interrupted = 4;

    private static readonly List<PosixSignalRegistration> Registrations = []; // for as long as the process lives

    /// <summary>
    /// Terminals and systemd send these to both processes. The service decides what becomes of this one.
    /// </summary>
    public static void IgnoreItsSignals() => Registrations.AddRange(
        from signal in (PosixSignal[])
            [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT]
        select PosixSignalRegistration.Create(signal, static context => context.Cancel = true));

    /// <summary>
    /// Ends this process as soon as nobody holds the other end of its input, whatever it is doing. Nothing is read.
    /// </summary>
    public static void EndWithIt()
    {
        new Thread(Wait) { IsBackground = true, Name = "end with the service" }.Start();

        static void Wait()
        {
            // No event is asked for: what remains is the hang-up.
            var input = default(Waited);
            while (Poll(ref input, 1, timeout: -1) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            {
            }

            Process.GetCurrentProcess().Kill();
        }
    }

    /// <summary>
    /// Lets the pipes to the service hold more, so that the two processes wait for each other less often. Where the
    /// system has no more for this user, they stay as they are.
    /// </summary>
    public static void WidenPipes()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Control(0, SetPipeSize, PipeBytes);
            _ = Control(1, SetPipeSize, PipeBytes);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command, int value);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Waited files, nuint count, int timeout);

    /// <summary>The kernel's <c>struct pollfd</c>; the default is standard input.</summary>
    private record struct Waited(int File, short Asked, short Seen);
}
