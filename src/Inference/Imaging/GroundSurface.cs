namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// The brightness of the background of a drawing, as a quadratic surface: paper in a photograph is lit from one side,
/// and a single threshold would take its dark corner for ink. With x and y in −1…1: <c>g = c₀ + c₁x + c₂y + c₃x² + c₄y²
/// + c₅xy</c>.
/// </summary>
internal readonly struct GroundSurface
{
    private const int PlaneTerms = 3;
    private const int QuadraticTerms = 6;
    private const int MaxSamplesPerSide = 40;

    // A ground is even if its border or its fitted surface varies by no more than this; a single level then suffices,
    // and is faster.
    private const double EvenWithin = 3;

    // Paper in a photograph has noise; a ground with less noise than this was drawn on a screen.
    private const double MinTolerance = 8;

    private readonly double _c0, _c1, _c2, _c3, _c4, _c5;

    private GroundSurface(ReadOnlySpan<double> c) =>
        (_c0, _c1, _c2, _c3, _c4, _c5) = (c[0], c[1], c[2], c[3], c[4], c[5]);

    private GroundSurface(double level) => _c0 = level;

    public bool IsEven => _c1 == 0 && _c2 == 0 && _c3 == 0 && _c4 == 0 && _c5 == 0;

    /// <summary>The level of an even ground.</summary>
    public int Level => (int)Math.Round(_c0);

    /// <summary>
    /// Starts from the border, which is ground, and adds the parts of the inside that continue its surface.
    /// </summary>
    public static GroundSurface Fit(PixelBuffer gray)
    {
        var columns = Math.Min(MaxSamplesPerSide, gray.Width);
        var rows = Math.Min(MaxSamplesPerSide, gray.Height);
        var samples = new Samples(gray, columns, rows, stackalloc byte[columns * rows]);

        var level = samples.BorderMedian();
        var even = new GroundSurface(level);
        var spread = samples.MedianDistance(even, borderOnly: true);
        if (spread <= EvenWithin)
        {
            return even;
        }

        // First fits a plane to the border, which cannot bulge where there are no samples. Then, within the noise that
        // the plane leaves, the inside is added and the surface may bend.
        var surface = even;
        var tolerance = Tolerance(spread);
        for (var pass = 0; pass < 4; pass++)
        {
            if (!samples.TryRefit(PlaneTerms, borderOnly: true, tolerance, ref surface))
            {
                return even;
            }

            tolerance = Math.Min(tolerance, Tolerance(samples.MedianDistance(surface, borderOnly: true)));
        }

        for (var pass = 0; pass < 4; pass++)
        {
            if (!samples.TryRefit(QuadraticTerms, borderOnly: false, tolerance, ref surface))
            {
                return even;
            }
        }

        var (least, most) = surface.Extent();
        return samples.MedianDistance(surface, borderOnly: true) < spread && most - least > EvenWithin ? surface : even;
    }

    /// <summary>Makes the ground even, in place.</summary>
    /// <remarks>
    /// Paper and dark ink both reflect a share of the light that falls on them, so they are divided by it. Light ink on
    /// a dark ground keeps its difference instead, since there is almost nothing to divide by.
    /// </remarks>
    /// <returns>The ground's level everywhere.</returns>
    public int Flatten(PixelBuffer gray)
    {
        var level = Math.Clamp((int)Math.Round(Extent().Most), 1, 255);
        var isDarkInk = IsInkDarker(gray);
        for (var y = 0; y < gray.Height; y++)
        {
            var row = gray.Row(y);
            var parabola = Row(y, gray.Height);
            for (var x = 0; x < row.Length; x++)
            {
                var ground = Math.Max(parabola.At(x, row.Length), 1);
                var flat = isDarkInk ? row[x] * level / ground : row[x] + level - ground;
                row[x] = (byte)Math.Clamp(flat + 0.5f, 0, 255);
            }
        }

        return level;
    }

    // Ink stands out far more than noise does; the third power emphasizes that.
    private bool IsInkDarker(PixelBuffer gray)
    {
        double sum = 0;
        for (var y = 0; y < gray.Height; y++)
        {
            var row = gray.Row(y);
            var parabola = Row(y, gray.Height);
            for (var x = 0; x < row.Length; x++)
            {
                var difference = row[x] - parabola.At(x, row.Length);
                sum += difference * difference * difference;
            }
        }

        return sum <= 0;
    }

    // Along a row of pixels the surface is a parabola.
    private Parabola Row(int y, int height)
    {
        var at = Coordinate(y, height);
        return new Parabola((float)(_c0 + (_c2 * at) + (_c4 * at * at)), (float)(_c1 + (_c5 * at)), (float)_c3);
    }

    private double At(double x, double y) =>
        _c0 + (_c1 * x) + (_c2 * y) + (_c3 * x * x) + (_c4 * y * y) + (_c5 * x * y);

    private (double Least, double Most) Extent()
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

        return (least, most);
    }

    // Three standard deviations of what is probably noise, estimated from the median distance.
    private static double Tolerance(double medianDistance) =>
        Math.Max(MinTolerance, 3 * 1.4826 * (medianDistance + 0.5));

    private static double Coordinate(int index, int count) => ((2.0 * index) + 1 - count) / count;

    private readonly record struct Parabola(float Constant, float Linear, float Square)
    {
        public float At(int x, int width)
        {
            var at = ((2f * x) + 1 - width) / width;
            return Constant + (at * (Linear + (at * Square)));
        }
    }

    /// <summary>A grid of single pixels, enough to estimate the ground.</summary>
    private readonly ref struct Samples
    {
        private readonly int _columns;
        private readonly int _rows;
        private readonly Span<byte> _values;

        public Samples(PixelBuffer gray, int columns, int rows, Span<byte> values)
        {
            _columns = columns;
            _rows = rows;
            _values = values;
            for (var j = 0; j < rows; j++)
            {
                var row = gray.Row((int)((j + 0.5) * gray.Height / rows));
                for (var i = 0; i < columns; i++)
                {
                    values[(j * columns) + i] = row[(int)((i + 0.5) * gray.Width / columns)];
                }
            }
        }

        public int BorderMedian()
        {
            Span<int> histogram = stackalloc int[256];
            histogram.Clear();
            var total = 0;
            for (var j = 0; j < _rows; j++)
            {
                for (var i = 0; i < _columns; i++)
                {
                    if (!IsBorder(i, j))
                    {
                        continue;
                    }

                    histogram[_values[(j * _columns) + i]]++;
                    total++;
                }
            }

            return Histogram.Quantile(histogram, total, 0.5);
        }

        public double MedianDistance(in GroundSurface surface, bool borderOnly)
        {
            Span<int> histogram = stackalloc int[512];
            histogram.Clear();
            var total = 0;
            for (var j = 0; j < _rows; j++)
            {
                for (var i = 0; i < _columns; i++)
                {
                    if (borderOnly && !IsBorder(i, j))
                    {
                        continue;
                    }

                    var distance = Math.Abs(
                        _values[(j * _columns) + i] - surface.At(Coordinate(i, _columns), Coordinate(j, _rows)));
                    histogram[(int)Math.Min(distance, 511)]++;
                    total++;
                }
            }

            return Histogram.Quantile(histogram, total, 0.5);
        }

        /// <summary>Least squares over the samples that lie within the tolerance of the surface so far.</summary>
        public bool TryRefit(int terms, bool borderOnly, double tolerance, ref GroundSurface surface)
        {
            const int Width = QuadraticTerms + 1;
            Span<double> equations = stackalloc double[QuadraticTerms * Width];
            equations.Clear();
            Span<double> basis = stackalloc double[QuadraticTerms];
            var used = 0;
            for (var j = 0; j < _rows; j++)
            {
                for (var i = 0; i < _columns; i++)
                {
                    if (borderOnly && !IsBorder(i, j))
                    {
                        continue;
                    }

                    var x = Coordinate(i, _columns);
                    var y = Coordinate(j, _rows);
                    double value = _values[(j * _columns) + i];
                    if (Math.Abs(value - surface.At(x, y)) > tolerance)
                    {
                        continue;
                    }

                    used++;
                    (basis[0], basis[1], basis[2], basis[3], basis[4], basis[5]) = (1, x, y, x * x, y * y, x * y);
                    for (var row = 0; row < terms; row++)
                    {
                        for (var column = 0; column < terms; column++)
                        {
                            equations[(row * Width) + column] += basis[row] * basis[column];
                        }

                        equations[(row * Width) + QuadraticTerms] += basis[row] * value;
                    }
                }
            }

            if (used < 4 * terms)
            {
                return false;
            }

            // A negligible ridge term keeps the equations solvable when all samples lie on one line.
            for (var row = 1; row < terms; row++)
            {
                equations[(row * Width) + row] += 1e-6 * used;
            }

            Span<double> solution = stackalloc double[QuadraticTerms];
            solution.Clear();
            Solve(equations, terms, Width, solution);
            surface = new GroundSurface(solution);
            return true;
        }

        private bool IsBorder(int i, int j) => i == 0 || j == 0 || i == _columns - 1 || j == _rows - 1;

        // Gaussian elimination; the matrix is symmetric and positive definite, so no pivoting is needed.
        private static void Solve(Span<double> equations, int terms, int width, Span<double> solution)
        {
            for (var pivot = 0; pivot < terms; pivot++)
            {
                for (var row = pivot + 1; row < terms; row++)
                {
                    var factor = equations[(row * width) + pivot] / equations[(pivot * width) + pivot];
                    for (var column = pivot; column < width; column++)
                    {
                        equations[(row * width) + column] -= factor * equations[(pivot * width) + column];
                    }
                }
            }

            for (var row = terms - 1; row >= 0; row--)
            {
                var sum = equations[(row * width) + width - 1];
                for (var column = row + 1; column < terms; column++)
                {
                    sum -= equations[(row * width) + column] * solution[column];
                }

                solution[row] = sum / equations[(row * width) + row];
            }
        }
    }
}
