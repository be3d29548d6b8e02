namespace SoftmaxService.Cli.Commands;

/// <summary>What the process says to its caller when it ends.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The model or the data was rejected, or a file could not be written; nothing was changed.</summary>
    public const int Rejected = 1;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 2;

    /// <summary>A fault of the program.</summary>
    public const int Fault = 3;

    /// <summary>The images do not decide which recipe is right; nothing was changed.</summary>
    public const int NotSure = 4;

    /// <summary>What was compared differs; nothing was changed.</summary>
    public const int Differs = 5;

    /// <summary>
    /// Stopped by Ctrl-C or a termination signal; nothing was changed. As shells have it: 128 + SIGINT.
    /// </summary>
    public const int Cancelled = 130;

    public const string Help =
        "Exit codes: 0 done; 1 the model or the data was rejected, or a file could not be written; "
        + "2 the command line was not understood; 3 a fault of the program; "
        + "4 recipe is not sure; 5 what verify compares differs; 130 stopped by Ctrl-C.";
}
