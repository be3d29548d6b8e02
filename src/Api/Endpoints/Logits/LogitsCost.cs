using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Whether computing on the logits of a request takes long, told from the size of its body.</summary>
internal static class LogitsCost
{
    /// <summary>
    /// The key of the gate for what takes long. It is not that of images: an answer takes a permit for each of its
    /// pieces, and would wait for an image each time.
    /// </summary>
    public const string LargeGate = "large logits";

    // At the most that a byte may cost; the cheapest take a sixth of it.
    private const double MaxShortMilliseconds = 30;

    private const double NanosecondsPerMillisecond = 1e6;

    // CPU time from the body to the end of the answer, measured with half a million logits on an AMD EPYC, .NET 10. In
    // JSON it was 62 to 360, the most with rows of ten zeros of one digit; in binary 2 to 4, the most with rows of two.
    private const double NanosecondsPerJsonByte = 360;
    private const double NanosecondsPerBinaryByte = 4;

    private const int MaxShortJson =
        (int)(MaxShortMilliseconds * NanosecondsPerMillisecond / NanosecondsPerJsonByte);

    private const int MaxShortBinary =
        (int)(MaxShortMilliseconds * NanosecondsPerMillisecond / NanosecondsPerBinaryByte);

    public static bool IsLongJson(PooledBody body) => body.Memory.Length > MaxShortJson;

    public static bool IsLongBinary(PooledBody body) => body.Memory.Length > MaxShortBinary;
}
