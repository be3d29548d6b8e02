using System.Buffers;
using System.Globalization;
using System.Text;

namespace SoftmaxService.Api.Metrics;

/// <summary>Writes metrics in Prometheus' text format, version 0.0.4.</summary>
internal sealed class PrometheusText(IBufferWriter<byte> target)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _labels = new();

    /// <summary>Writes a family with its help and type; nothing where it has no series.</summary>
    public void Write(MetricFamily family)
    {
        var isBegun = false;
        foreach (var series in family.Series)
        {
            if (!isBegun)
            {
                isBegun = true;
                Append(
                    $"# HELP {family.Name} {Escape(family.Description)}\n# TYPE {family.Name} {TypeOf(family.Kind)}\n");
            }

            if (family.Kind == MetricKind.Histogram)
            {
                WriteHistogram(family, series);
            }
            else
            {
                Append($"{family.Name}{Labels(series)} {series.Sum:R}\n");
            }
        }
    }

    private void WriteHistogram(MetricFamily family, MetricSeries series)
    {
        var count = 0L;
        var buckets = series.Buckets;
        for (var bucket = 0; bucket < buckets.Length; bucket++)
        {
            count += Volatile.Read(in buckets[bucket]);
            var bound = bucket < family.Boundaries.Length ? family.Boundaries[bucket] : double.PositiveInfinity;
            Append($"{family.Name}_bucket{Labels(series, bound)} {count}\n");
        }

        Append($"{family.Name}_sum{Labels(series)} {series.Sum:R}\n{family.Name}_count{Labels(series)} {count}\n");
    }

    private string Labels(MetricSeries series, double? upperBound = null)
    {
        _labels.Clear();
        foreach (var (key, value) in series.Labels)
        {
            _labels.Append(_labels.Length == 0 ? '{' : ',').Append(key.Replace('.', '_')).Append("=\"");
            var text = Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
            _labels.Append(text.Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        if (upperBound is { } bound)
        {
            _labels.Append(_labels.Length == 0 ? '{' : ',').Append("le=\"");
            var text = double.IsPositiveInfinity(bound)
                ? "+Inf"
                : bound.ToString("0.##########", CultureInfo.InvariantCulture);
            _labels.Append(text).Append('"');
        }

        return _labels.Length == 0 ? "" : _labels.Append('}').ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string TypeOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };

    private void Append(FormattableString text) =>
        Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture), target);
}
