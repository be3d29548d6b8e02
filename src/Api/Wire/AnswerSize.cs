using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// The most bytes that parts of an answer may come to, and the rejection of a request whose answer would exceed
/// <see cref="LimitsOptions.MaxResponseBytes"/>, before any work is done for it.
/// </summary>
internal static class AnswerSize
{
    /// <summary>A float in JSON with its comma: <c>-1.17549435E-38,</c>.</summary>
    public const int Number = 16;

    /// <summary>A whole number in JSON with its comma.</summary>
    public const int WholeNumber = 21;

    public static RequestException TooLarge(LimitsOptions limits, string answer, string remedy) => new(
        Problem.AnswerTooLarge,
        $"{answer} would have more than {limits.MaxResponseBytes} bytes, the most that is sent (setting "
        + $"Limits:MaxResponseBytes). {remedy}");
}
