namespace SoftmaxService.Browser.Tests;

/// <summary>Handwritten digits as strokes through points in 0…1.</summary>
internal static class Digits
{
    private static readonly (double X, double Y)[][][] Strokes =
    [
        [Around(0.5, 0.5, 0.3, 0.42, -90, 270)],
        [
            [(0.38, 0.25), (0.54, 0.08), (0.54, 0.92)],
        ],
        [
            [.. Around(0.5, 0.3, 0.27, 0.22, -170, 40), (0.2, 0.9), (0.82, 0.9)],
        ],
        [
            [.. Around(0.47, 0.28, 0.25, 0.2, -150, 90), .. Around(0.47, 0.69, 0.28, 0.21, -90, 150)],
        ],
        [
            [(0.35, 0.1), (0.2, 0.58), (0.8, 0.58)],
            [(0.64, 0.3), (0.62, 0.92)],
        ],
        [
            [(0.74, 0.1), (0.3, 0.1), (0.27, 0.46), .. Around(0.46, 0.66, 0.27, 0.24, -110, 140)],
        ],
        [
            [(0.62, 0.08), (0.38, 0.32), (0.27, 0.6), .. Around(0.5, 0.7, 0.24, 0.21, 180, -180)],
        ],
        [
            [(0.2, 0.12), (0.8, 0.12), (0.56, 0.5), (0.42, 0.92)],
        ],
        [
            [
                .. Around(0.5, 0.29, 0.22, 0.2, -60, -270),
                .. Around(0.5, 0.71, 0.26, 0.22, -90, 270),
                .. Around(0.5, 0.29, 0.22, 0.2, 90, -60),
            ],
        ],
        [
            [.. Around(0.48, 0.32, 0.23, 0.22, -20, -380), (0.7, 0.5), (0.66, 0.92)],
        ],
    ];

    public static (double X, double Y)[][] Seven => Strokes[7];

    /// <summary>
    /// A variation of a digit: another size and position, with an unsteady hand.
    /// </summary>
    public static (double X, double Y)[][] Write(int digit, Random hand)
    {
        var (size, lean) = (0.45 + (0.4 * hand.NextDouble()), 0.2 * (hand.NextDouble() - 0.5));
        var (left, top) = (
            (1 - size) * (0.15 + (0.7 * hand.NextDouble())),
            (1 - size) * (0.15 + (0.7 * hand.NextDouble())));
        return
        [
            .. Strokes[digit]
                .Select(stroke =>
                    stroke
                        .Select(point =>
                            (
                                Math.Clamp(left + (size * (point.X + (lean * (0.5 - point.Y)) + Jitter())), 0.02, 0.98),
                                Math.Clamp(top + (size * (point.Y + Jitter())), 0.02, 0.98)))
                        .ToArray()),
        ];

        double Jitter() => 0.05 * (hand.NextDouble() - 0.5);
    }

    private static (double X, double Y)[] Around(
        double x,
        double y,
        double width,
        double height,
        double from,
        double to) =>
        [
            .. Enumerable
                .Range(0, 11)
                .Select(i => double.DegreesToRadians(from + ((to - from) * i / 10)))
                .Select(angle => (x + (width * Math.Cos(angle)), y + (height * Math.Sin(angle)))),
        ];
}
