using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// The memory of the runs of all models. It grows by what is requested; by default each session has its own arena and
/// doubles it. In a small container it is bounded, so that a run that asks for too much fails by itself and does not
/// end the process.
/// </summary>
internal static class SharedArena
{
    private const int GrowAsRequested = 1; // kSameAsRequested
    private const int RuntimesDefault = -1;
    private const uint NoLimit = 0;

    // ONNX Runtime takes the limit as 32 bits. Where there is more memory, the runs of many cores may need more.
    private const long LargestBounded = 16L << 30;

    // A graph of one node that passes on one float, as onnx.proto has it: no session with the arena is as small.
    private static readonly byte[] Identity =
    [
        8, 8, // ir_version
        58, 51, // graph
        10, 16, 10, 1, (byte)'x', 18, 1, (byte)'y', 34, 8, .. "Identity"u8, // node
        18, 1, (byte)'g', // its name
        90, 13, 10, 1, (byte)'x', 18, 8, 10, 6, 8, 1, 18, 2, 10, 0, // input: a float of an open size
        98, 13, 10, 1, (byte)'y', 18, 8, 10, 6, 8, 1, 18, 2, 10, 0, // output
        66, 4, 10, 0, 16, 13, // opset 13
    ];

    /// <summary>The most bytes of the arena; 0 for no limit.</summary>
    public static uint LimitFor(long availableBytes) => availableBytes >= LargestBounded
        ? NoLimit
        : (uint)Math.Min(availableBytes / 2, uint.MaxValue);

    public static void Register(OrtEnv environment)
    {
        using var memory = new OrtMemoryInfo(
            OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
        using var arena = new OrtArenaCfg(
            LimitFor(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), GrowAsRequested, RuntimesDefault,
            RuntimesDefault);
        environment.CreateAndRegisterAllocator(memory, arena);
    }

    /// <summary>
    /// Returns what no run uses to the system. ONNX Runtime does so after a run that asks for it; the model that has
    /// filled the arena may not be able to run any more.
    /// </summary>
    public static void GiveBack()
    {
        OnnxRuntimeEnvironment.EnsureCreated();
        using var session = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        session.AddSessionConfigEntry("session.use_env_allocators", "1");
        using var run = new RunOptions();
        run.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
        using var model = new InferenceSession(Identity, session);
        using var input = OrtValue.CreateTensorValueFromMemory([0f], [1]);
        using var outputs = model.Run(run, ["x"], [input], ["y"]);
    }
}
