using System.Globalization;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models.Statements;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>A folder with files beside a model, and what is read from them, as text.</summary>
internal sealed class SidecarFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public SidecarFolder With(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return this;
    }

    public SidecarFolder With(string name, byte[] content)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, name), content);
        return this;
    }

    public StatedModel Read(int? classCount = null, params (string Key, string Value)[] metadata) =>
        Merge([Path], metadata.ToDictionary(entry => entry.Key, entry => entry.Value), classCount);

    public static StatedModel Merge(
        string[] folders, IReadOnlyDictionary<string, string>? metadata = null, int? classCount = null) =>
        MakersStatements.Merge(
            ModelConventions.Read(folders, metadata ?? new Dictionary<string, string>(), classCount), input: null);


    public string[] Lines(int? classCount = null, params (string Key, string Value)[] metadata) =>
        Describe(Read(classCount, metadata));

    /// <summary>The message of the fault.</summary>
    public string Fault(int? classCount = null) =>
        Assert.Throws<ConventionException>(() => Read(classCount)).Message;

    public static string[] LinesOf(string name, string content, int? classCount = null)
    {
        using var folder = new SidecarFolder().With(name, content);
        return folder.Lines(classCount);
    }

    public static string FaultOf(string name, string content, int? classCount = null)
    {
        using var folder = new SidecarFolder().With(name, content);
        return folder.Fault(classCount);
    }

    /// <summary>One line per stated value, with its source, then one per warning.</summary>
    public static string[] Describe(StatedModel stated)
    {
        List<string> lines = [];
        Add("layout", stated.Layout, value => value.ToString());
        Add("channels", stated.Channels, Text);
        Add("height", stated.Height, Text);
        Add("width", stated.Width, Text);
        Add("color", stated.Color, value => value.ToString());
        Add("scale", stated.Scale, Text);
        Add("mean", stated.Mean, Floats);
        Add("std", stated.Std, Floats);
        Add("resize", stated.Resize, value => value.ToString());
        Add("resizeTo", stated.ResizeTo, Target);
        Add("cropOffset", stated.CropOffset, value => value.ToString());
        Add("resizeRounding", stated.ResizeRounding, value => value.ToString());
        Add("filter", stated.Filter, value => value.ToString());
        Add("antialias", stated.Antialias, value => value.ToString());
        Add("round", stated.Round, value => value.ToString());
        Add("fill", stated.Fill, Floats);
        Add("output", stated.OutputName, value => value);
        Add("kind", stated.OutputKind, value => value.ToString());
        Add("labels", stated.Labels, value => string.Join("|", value));
        return [.. lines, .. stated.Warnings.Select(warning => $"! {warning}")];

        void Add<T>(string name, Stated<T>? value, Func<T, string> text)
        {
            if (value is not null)
            {
                lines.Add($"{name} = {text(value.Value)} [{value.Source}]");
            }
        }

        static string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
        static string Floats(IReadOnlyList<float> values) => string.Join(" ", values.Select(Text));
        static string Target(ResizeTarget target) =>
            target.ShorterSide is { } side ? $"shorter {side}" : $"{target.Height} x {target.Width}";
    }

    public void Dispose() => _folder.Dispose();
}
