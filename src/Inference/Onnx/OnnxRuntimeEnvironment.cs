using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The process-wide ONNX Runtime environment, created once and without telemetry.</summary>
internal static partial class OnnxRuntimeEnvironment
{
    private const string TelemetryOptOut = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<OrtEnv> Environment = new(Create);

    public static string Version => Environment.Value.GetVersionString();

    public static void EnsureCreated() => _ = Environment.Value;

    private static OrtEnv Create()
    {
        NativeHeap.Bound();

        // The native library reads the variable while the environment is created, and sends its first event then:
        // DisableTelemetryEvents alone would be too late. On Unix, .NET keeps its own copy of the variables, so the
        // variable must also be set in libc.
        System.Environment.SetEnvironmentVariable(TelemetryOptOut, "1");
        if (!OperatingSystem.IsWindows())
        {
            _ = SetNativeVariable(TelemetryOptOut, "1", overwrite: 1);
        }

        // A host that uses ONNX Runtime itself may have created the environment before us. There is only one, and its
        // memory is then the host's choice.
        var isOurs = !OrtEnv.IsCreated;
        var options = new EnvironmentCreationOptions
        {
            logId = "onnxruntime",
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        var environment = isOurs ? OrtEnv.CreateInstanceWithOptions(ref options) : OrtEnv.Instance();
        environment.DisableTelemetryEvents();
        if (isOurs)
        {
            SharedArena.Register(environment);
        }

        return environment;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
