using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>
/// Ends a start that fails because of a setting with one line that says so, and exit code 1. The runtime would show a
/// stack trace and abort, which is right for a bug, and is what happens to one.
/// </summary>
internal static class StartFault
{
    /// <summary>Where the host would report such a fault first, with its stack trace.</summary>
    public const string HostSource = "Microsoft.Extensions.Hosting.Internal.Host";

    private const string KestrelSource = "Microsoft.AspNetCore.Server.Kestrel.Core";
    private const int ExitCode = 1;

    private static bool _hasStarted;

    public static void ReportInOneLine() => AppDomain.CurrentDomain.UnhandledException += static (_, unhandled) =>
    {
        if (!Volatile.Read(ref _hasStarted)
            && unhandled.ExceptionObject is Exception fault
            && Describe(fault) is { } line)
        {
            Console.Error.WriteLine(line);
            Environment.Exit(ExitCode);
        }
    };

    /// <summary>From now on no fault is a setting's.</summary>
    public static void StopReporting() => Volatile.Write(ref _hasStarted, true);

    /// <summary>What is wrong with the settings; null when the fault is something else.</summary>
    public static string? Describe(Exception fault) =>
        WhatIsWrong(fault) is { } wrong ? $"The service cannot start: {wrong}" : null;

    private static string? WhatIsWrong(Exception fault) => fault switch
    {
        OptionsValidationException { Failures: var failures } => string.Join(" ", failures),
        SettingException or FormatException or IOException => fault.Message,

        // The binder's, for a value that it cannot convert.
        InvalidOperationException { InnerException: FormatException } => fault.Message,
        SocketException => $"an address of Urls or Grpc:Url cannot be listened on. {fault.Message}.",
        ArgumentOutOfRangeException { ParamName: "port" } =>
            "an address of Urls, Grpc:Url or Kestrel:Endpoints has no port from 0 to 65535.",
        CryptographicException => $"the certificate of Kestrel:Certificates cannot be read. {fault.Message}",

        // Of an address that Kestrel cannot serve.
        InvalidOperationException { Source: KestrelSource } => fault.Message.Split('\n')[0].TrimEnd(),
        _ => null,
    };
}
