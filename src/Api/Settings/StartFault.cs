using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>
/// A start that fails for what somebody wrote into the settings ends with one line that says so and exit code 1. The runtime would show a stack trace and abort, which is
/// right for a bug, and what this leaves a bug to.
/// </summary>
internal static partial class StartFault
{
    /// <summary>Where the host would tell of such a fault before we do, with its stack trace.</summary>
    public const string HostSource = "Microsoft.Extensions.Hosting.Internal.Host";

    private const string KestrelSource = "Microsoft.AspNetCore.Server.Kestrel.Core";
    private const int ExitCode = 1;

    private static bool _hasStarted;

    public static void TellInOneLine() => AppDomain.CurrentDomain.UnhandledException += static (_, unhandled) =>
    {
        if (!Volatile.Read(ref _hasStarted) && unhandled.ExceptionObject is Exception fault && Describe(fault) is { } line)
        {
            Console.Error.WriteLine(line);
            Environment.Exit(ExitCode);
        }
    };

    /// <summary>From when on no fault is one of the settings.</summary>
    public static void TellNoLonger() => Volatile.Write(ref _hasStarted, true);

    /// <summary>What is wrong with the settings; null when it is something else.</summary>
    public static string? Describe(Exception fault) => fault switch
    {
        OptionsValidationException { Failures: var failures } => $"The service cannot start: {string.Join(" ", failures.Select(InWords))}",
        SocketException => $"The service cannot start: an address of Urls or Grpc:Url cannot be listened on. {fault.Message}.",
        InvalidOperationException when UnknownSetting().Match(fault.Message) is { Success: true } unknown => $"The service cannot start: there is no setting {unknown.Groups[2]} in the section {SectionOf(unknown.Groups[1].Value)}.",
        SettingException or FormatException or IOException or InvalidOperationException { InnerException: FormatException } => $"The service cannot start: {fault.Message}", // the last is the binder's
        ArgumentOutOfRangeException { ParamName: "port" } => "The service cannot start: an address of Urls, Grpc:Url or Kestrel:Endpoints has no port from 0 to 65535.",
        CryptographicException => $"The service cannot start: the certificate of Kestrel:Certificates cannot be read. {fault.Message}",
        InvalidOperationException { Source: KestrelSource } => $"The service cannot start: {fault.Message.Split('\n')[0].TrimEnd()}", // of an address that it cannot serve
        _ => null,
    };

    private static string SectionOf(string options) => options == "Key" ? "Access:Keys:<name>" : options;

    private static string InWords(string failure) => GeneratedFailure().Replace(failure, "$1:$2");

    // What the binder that the compiler makes writes of BinderOptions.ErrorOnUnknownConfiguration.
    [GeneratedRegex(@"^'ErrorOnUnknownConfiguration' .*\b(\w+)Options: (.+)$")]
    private static partial Regex UnknownSetting();

    // What the options validators that the compiler makes write: "Name: The field SectionOptions.Name must …".
    [GeneratedRegex(@"^\w+: The field (\w+)Options\.(\w+)")]
    private static partial Regex GeneratedFailure();
}
