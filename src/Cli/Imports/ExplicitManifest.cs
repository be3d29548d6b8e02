using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Imports;

/// <summary>
/// A manifest that states everything that is known of a model, with the source of each value as a comment. What is only
/// assumed, or doubted, stands in a comment too: stated, it would no longer be a warning.
/// </summary>
internal sealed class ExplicitManifest
{
    private const string Assumed = "assumed";
    private const string InputPrefix = "input.";
    private const int LabelsPerLine = 8;

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ClassifierModel _model;
    private readonly IReadOnlyDictionary<string, string> _stated;

    /// <param name="model">The loaded model.</param>
    /// <param name="stated">The source of the fields that no file states, by their names in a manifest.</param>
    public ExplicitManifest(ClassifierModel model, IReadOnlyDictionary<string, string> stated)
    {
        (_model, _stated) = (model, stated);
        Fields = [.. InputFields(), .. OutputFields()];
    }

    /// <summary>Each field's name in the manifest, its value as JSON, and its source.</summary>
    public IReadOnlyList<(string Name, string Value, string Source)> Fields { get; }

    /// <summary>The fields of <c>input</c> that an input states, each with one source.</summary>
    public static IEnumerable<KeyValuePair<string, string>> SourcesOf(ManifestInput input, string source) =>
        ValuesOf(input).Select(field => KeyValuePair.Create(InputPrefix + field.Name, source));

    /// <summary>The manifest's text.</summary>
    public byte[] ToUtf8()
    {
        List<string> members = [];
        var manifest = _model.Manifest;
        AddText("description", manifest.Description);
        AddText("license", manifest.License);
        members.Add(Section("input"));
        members.Add(Section("output"));
        members.Add(LabelsMember());
        AddVerbatim("calibration", new ModelManifest { Calibration = manifest.Calibration });
        AddVerbatim("training", new ModelManifest { Training = manifest.Training });

        // A member that is only a comment needs no comma.
        var text = new StringBuilder("{\n");
        var last = members.FindLastIndex(member => !IsComment(member));
        foreach (var (index, member) in members.Index())
        {
            text.Append(member).Append(index < last && !IsComment(member) ? ",\n" : "\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("}\n").ToString());

        void AddText(string name, string? value)
        {
            if (value is not null)
            {
                members.Add($"  \"{name}\": {Quote(value)}");
            }
        }

        void AddVerbatim(string name, ModelManifest source)
        {
            using var document = JsonDocument.Parse(source.ToUtf8Json());
            if (document.RootElement.TryGetProperty(name, out var value))
            {
                members.Add($"  \"{name}\": {value.GetRawText()}");
            }
        }
    }

    private static bool IsComment(string member) =>
        member.StartsWith("  //", StringComparison.Ordinal) && !member.Contains('\n', StringComparison.Ordinal);

    private string Section(string name)
    {
        var prefix = name + '.';
        var fields = Fields.Where(field => field.Name.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        var known = fields.Where(field => !IsGuess(field.Name, field.Source)).ToArray();
        var text = new StringBuilder($"  \"{name}\": {{\n");
        foreach (var (index, (field, value, source)) in known.Index())
        {
            var comma = index < known.Length - 1 ? "," : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"    \"{field[prefix.Length..]}\": {value}{comma} // {OneLine(source)}\n");
        }

        foreach (var (field, value, source) in fields.Where(field => IsGuess(field.Name, field.Source)))
        {
            text.Append(
                CultureInfo.InvariantCulture, $"    // {OneLine(source)}: \"{field[prefix.Length..]}\": {value}\n");
        }

        return text.Append("  }").ToString();
    }

    private string LabelsMember()
    {
        var source = SourceOf("labels");
        if (source == Assumed)
        {
            return "  // assumed: the classes are called by their numbers";
        }

        if (IsGuess("labels", source))
        {
            var first = string.Join(", ", _model.Labels.Take(LabelsPerLine).Select(Quote));
            var rest = _model.Labels.Count > LabelsPerLine ? ", …" : "";
            return $"  // {OneLine(source)}: \"labels\": [{first}{rest}]";
        }

        var lines = _model.Labels.Select(Quote).Chunk(LabelsPerLine).Select(line => string.Join(", ", line));
        return $"  // {OneLine(source)}\n  \"labels\": [\n    {string.Join(",\n    ", lines)}\n  ]";
    }

    private IEnumerable<(string Name, string Value, string Source)> InputFields()
    {
        var input = _model.Input;
        var whole = new ManifestInput
        {
            Layout = input.Layout,
            Channels = input.Channels,
            Height = input.Height,
            Width = input.Width,
            Color = input.Color,
            Scale = Shortest(input.Scale),
            Mean = input.Mean,
            Std = input.Std,
            Standardize = input.Standardize,
            Resize = input.Resize,
            ResizeTo = input.ResizeTo,
            CropOffset = input.CropOffset,
            ResizeRounding = input.ResizeRounding,
            Filter = input.Filter,
            Antialias = input.Antialias,
            Round = input.Round,
            Fill = input.Fill,
            Background = input.Background,
            Foreground = input.Foreground,
        };
        return ValuesOf(whole).Select(field =>
            (InputPrefix + field.Name, field.Value, SourceOf(InputPrefix + field.Name)));
    }

    private IEnumerable<(string Name, string Value, string Source)> OutputFields()
    {
        yield return ("output.name", Quote(_model.GraphOutput.Name), SourceOf("output.name"));
        yield return ("output.kind", Quote(Manifests.Names.Of(_model.OutputKind)), SourceOf("output.kind"));
    }

    // The kind of the scores that the warm-up shows is a guess.
    private bool IsGuess(string field, string source) =>
        source == Assumed
        || (_model.OutputKindIsDetected && source == _model.Sources["output.kind"])
        || (_model.DoubtedFields.Contains(field) && !_stated.ContainsKey(field));

    private string SourceOf(string field) =>
        _stated.GetValueOrDefault(field) ?? _model.Sources.GetValueOrDefault(field) ?? Assumed;

    /// <summary>The fields by their names in a manifest; its serializer knows them.</summary>
    private static List<(string Name, string Value)> ValuesOf(ManifestInput input)
    {
        using var document = JsonDocument.Parse(new ModelManifest { Input = input }.ToUtf8Json());
        return
        [
            .. document.RootElement.GetProperty("input").EnumerateObject().Select(field => (
                field.Name,
                field.Value.ValueKind == JsonValueKind.Array
                    ? $"[{string.Join(", ", field.Value.EnumerateArray().Select(item => item.GetRawText()))}]"
                    : field.Value.GetRawText())),
        ];
    }

    // The shortest number that is the same float; the float itself has nine further digits as a double.
    private static double Shortest(float value) =>
        double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Quote(string text) => JsonSerializer.Serialize(text, Readable);

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
