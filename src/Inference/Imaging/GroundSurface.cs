namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// The brightness of the ground under a drawing, as a quadratic surface: paper in a photograph is lit from one side, and a single threshold
/// would take its dark corner for ink. With x and y in −1…1: <c>g = c₀ + c₁x + c₂y + c₃x² + c₄y² + c₅xy</c>.
/// </summary>
internal readonly struct GroundSurface
{
    private const int Terms = 6;
    private const int MaxSamplesPerSide = 40;

    // Below this the ground counts as even, and a lookup table replaces the surface.
    private const double EvenWithin = 3;

    private readonly double _c0, _c1, _c2, _c3, _c4, _c5;

    private GroundSurface(ReadOnlySpan<double> c)
    {
        (_c0, _c1, _c2, _c3, _c4, _c5) = (c[0], c[1], c[2], c[3], c[4], c[5]);
    }

    private GroundSurface(double level) => _c0 = level;

    public bool IsEven => _c1 == 0 && _c2 == 0 && _c3 == 0 && _c4 == 0 && _c5 == 0;

    public int Level => (int)Math.Round(_c0);

    public double At(double x, double y) => _c0 + (_c1 * x) + (_c2 * y) + (_c3 * x * x) + (_c4 * y * y) + (_c5 * x * y);

    /// <summary>The surface along one row of pixels, where it is a parabola.</summary>
    public Parabola Row(int y, int height)
    {
        var at = Coordinate(y, height);
        return new Parabola((float)(_c0 + (_c2 * at) + (_c4 * at * at)), (float)(_c1 + (_c5 * at)), (float)_c3);
    }

    /// <summary>Starts from the border, which is ground, and lets the inside join where it continues the surface.</summary>
    public static GroundSurface Fit(PixelBuffer gray)
    {
        var columns = Math.Min(MaxSamplesPerSide, gray.Width);
        var rows = Math.Min(MaxSamplesPerSide, gray.Height);
        Span<byte> samples = stackalloc byte[columns * rows];
        for (var j = 0; j < rows; j++)
        {
            var row = gray.Row((int)((j + 0.5) * gray.Height / rows));
            for (var i = 0; i < columns; i++)
                samples[(j * columns) + i] = row[(int)((i + 0.5) * gray.Width / columns)];
        }

        var level = BorderMedian(samples, columns, rows);
        var surface = new GroundSurface(level);
        var tolerance = Tolerance(samples, columns, rows, surface, borderOnly: true);
        for (var pass = 0; pass < 6; pass++)
        {
            var borderOnly = pass < 2;
            if (!TryRefit(samples, columns, rows, ref surface, tolerance, borderOnly))
                return new GroundSurface(level);
            tolerance = Tolerance(samples, columns, rows, surface, borderOnly);
        }

        return surface.Flatness() <= EvenWithin ? new GroundSurface(level) : surface;
    }

    private double Flatness()
    {
        double least = double.MaxValue, most = double.MinValue;
        for (var y = -1; y <= 1; y++)
        {
            for (var x = -1; x <= 1; x++)
            {
                least = Math.Min(least, At(x, y));
                most = Math.Max(most, At(x, y));
            }
        }

        return most - least;
    }

    private static bool IsBorder(int i, int j, int columns, int rows) => i == 0 || j == 0 || i == columns - 1 || j == rows - 1;

    private static double Coordinate(int index, int count) => ((2.0 * index) + 1 - count) / count;

    private static int BorderMedian(ReadOnlySpan<byte> samples, int columns, int rows)
    {
        Span<int> histogram = stackalloc int[256];
        histogram.Clear();
        var total = 0;
        for (var j = 0; j < rows; j++)
        {
            for (var i = 0; i < columns; i++)
            {
                if (!IsBorder(i, j, columns, rows))
                    continue;
                histogram[samples[(j * columns) + i]]++;
                total++;
            }
        }

        return Histogram.Quantile(histogram, total, 0.5);
    }

    // Three standard deviations of the noise, from the median distance to the surface: up to half of the samples may be ink.
    private static double Tolerance(ReadOnlySpan<byte> samples, int columns, int rows, in GroundSurface surface, bool borderOnly)
    {
        Span<int> histogram = stackalloc int[512];
        histogram.Clear();
        var total = 0;
        for (var j = 0; j < rows; j++)
        {
            for (var i = 0; i < columns; i++)
            {
                if (borderOnly && !IsBorder(i, j, columns, rows))
                    continue;
                var distance = Math.Abs(samples[(j * columns) + i] - surface.At(Coordinate(i, columns), Coordinate(j, rows)));
                histogram[(int)Math.Min(distance, 511)]++;
                total++;
            }
        }

        return Math.Max(8, 3 * 1.4826 * (Histogram.Quantile(histogram, total, 0.5) + 0.5));
    }

    private static bool TryRefit(ReadOnlySpan<byte> samples, int columns, int rows, ref GroundSurface surface, double tolerance, bool borderOnly)
    {
        Span<double> equations = stackalloc double[Terms * (Terms + 1)];
        equations.Clear();
        Span<double> basis = stackalloc double[Terms + 1];
        var used = 0;
        for (var j = 0; j < rows; j++)
        {
            for (var i = 0; i < columns; i++)
            {
                if (borderOnly && !IsBorder(i, j, columns, rows))
                    continue;
                var x = Coordinate(i, columns);
                var y = Coordinate(j, rows);
                double value = samples[(j * columns) + i];
                if (Math.Abs(value - surface.At(x, y)) > tolerance)
                    continue;

                used++;
                (basis[0], basis[1], basis[2], basis[3], basis[4], basis[5], basis[6]) = (1, x, y, x * x, y * y, x * y, value);
                for (var r = 0; r < Terms; r++)
                {
                    for (var c = r; c <= Terms; c++)
                        equations[(r * (Terms + 1)) + c] += basis[r] * basis[c];
                }
            }
        }

        if (used < 4 * Terms)
            return false;

        // While only the border is known, the terms are hardly told apart; a small ridge keeps them from growing against each other.
        for (var r = 0; r < Terms; r++)
        {
            for (var c = 0; c < r; c++)
                equations[(r * (Terms + 1)) + c] = equations[(c * (Terms + 1)) + r];
            if (r > 0)
                equations[(r * (Terms + 1)) + r] += 1e-3 * used;
        }

        Solve(equations);
        surface = new GroundSurface(equations[..Terms]);
        return true;
    }

    // Gaussian elimination; the matrix is symmetric and positive definite, so no pivoting is needed. The solution replaces the first entries.
    private static void Solve(Span<double> equations)
    {
        const int Width = Terms + 1;
        for (var pivot = 0; pivot < Terms; pivot++)
        {
            for (var row = pivot + 1; row < Terms; row++)
            {
                var factor = equations[(row * Width) + pivot] / equations[(pivot * Width) + pivot];
                for (var column = pivot; column < Width; column++)
                    equations[(row * Width) + column] -= factor * equations[(pivot * Width) + column];
            }
        }

        Span<double> solution = stackalloc double[Terms];
        for (var row = Terms - 1; row >= 0; row--)
        {
            var sum = equations[(row * Width) + Terms];
            for (var column = row + 1; column < Terms; column++)
                sum -= equations[(row * Width) + column] * solution[column];
            solution[row] = sum / equations[(row * Width) + row];
        }

        solution.CopyTo(equations);
    }

    /// <summary>One row of the surface.</summary>
    internal readonly record struct Parabola(float Constant, float Linear, float Square)
    {
        public float At(int x, int width)
        {
            var at = ((2f * x) + 1 - width) / width;
            return Constant + (at * (Linear + (at * Square)));
        }
    }
}
