namespace SoftmaxService.Numerics;

internal static class LogOnePlus
{
    /// <summary>Half of float's smallest number: a logarithm below it is 0 in float.</summary>
    private const double Vanishing = 7.006492321624085e-46; // 2^-150

    /// <summary>
    /// log(ties + rest), where ties ≥ 1 counts the terms that are exactly 1. With one such term the result keeps the
    /// relative accuracy of rest, however small: the log-probability of an almost certain class is −rest.
    /// </summary>
    public static double OfTotal(double ties, double rest)
    {
        var logTotal = ties > 1 ? Math.Log(ties + rest) : Of(rest);
        return logTotal < Vanishing ? 0 : logTotal;
    }

    /// <summary>
    /// log(1 + x) for x ≥ 0 (Kahan; Goldberg 1991, theorem 4): the error of 1 + x cancels in the quotient.
    /// </summary>
    private static double Of(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }
}
