using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions.HuggingFace;

/// <summary>
/// <c>config.json</c> of Hugging Face
/// (https://huggingface.co/docs/transformers/main_classes/configuration), also as timm writes it
/// (https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/_hub.py).
/// </summary>
internal static class ModelConfig
{
    public const string FileName = "config.json";

    /// <summary>Reads the syntax.</summary>
    /// <exception cref="ConventionException">It is not a JSON object.</exception>
    public static Field Parse(Sidecar file)
    {
        var root = JsonTree.Parse(file.Name, file.Content);
        return root.IsMap ? root : throw root.Fault("must be an object");
    }

    /// <summary>The kind of model, such as <c>vit</c>.</summary>
    public static string? ModelType(Field root) => root["model_type"]?.Node is DataText type ? type.Text : null;

    /// <summary>What it states, and what <c>label2id</c> states, which should be the same as <c>id2label</c>.</summary>
    /// <exception cref="ConventionException">timm's values are malformed.</exception>
    public static IReadOnlyList<StatedModel> Read(Field root, int? classCount)
    {
        var stated = Lenient.Read(
            () => DescribeLabels(root["id2label"], classCount, classCount), DoubtAbout.Labels);
        if (root["problem_type"] is { Node: DataText { Text: "multi_label_classification" } } problem)
        {
            stated = stated.Warn(
                $"{problem.Source} is multi_label_classification: several classes may be true at once, which a softmax "
                + "does not show");
        }

        var timm = root["pretrained_cfg"] ?? (TimmConfig.IsFlat(root) ? root : null);
        stated = stated.Over(timm is not null
            ? TimmConfig.Read(timm)
            : Lenient.Read(() => DescribeSize(root)).Over(Lenient.Read(() => DescribeInputSize(root))));
        return
        [
            stated,
            Lenient.Read(
                () => DescribeLabels(root["label2id"], classCount ?? stated.Labels?.Value.Count, classCount),
                DoubtAbout.Labels),
            Lenient.Read(
                () => root["label_names"] is { } names
                    ? DescribedNames(names, root["label_descriptions"], classCount).State(names.Source, classCount)
                    : new StatedModel(),
                DoubtAbout.Labels),
        ];
    }

    /// <summary>
    /// Many programs write an <c>input_size</c> of two or three sizes. Nothing else follows from it.
    /// </summary>
    private static StatedModel DescribeInputSize(Field root)
    {
        if (root["input_size"] is not { IsList: true } size)
        {
            return new StatedModel();
        }

        return size.Items().ToArray() switch
        {
            [var height, var width] => Describe(null, height, width),
            [var channels, var height, var width] when IsChannels(channels) => Describe(channels, height, width),
            [var height, var width, var channels] when IsChannels(channels) => Describe(channels, height, width),
            _ => new StatedModel(),
        };

        static bool IsChannels(Field field) => field.FindWhole() is 1 or 3;

        StatedModel Describe(Field? channels, Field height, Field width) => new()
        {
            Channels = channels is null ? null : size.State(channels.Size()),
            Height = size.State(height.Size()),
            Width = size.State(width.Size()),
        };
    }

    private static StatedModel DescribeSize(Field root)
    {
        var size = root["image_size"];
        var (height, width) = size switch
        {
            null => (null, null),
            { IsList: true } when size.Items().ToArray() is [var first, var second] => (first.Size(), second.Size()),
            { IsList: true } => throw size.Fault("must be a number, or a height and a width"),
            _ => ((int?)size.Size(), (int?)size.Size()),
        };
        return new StatedModel
        {
            Channels = root["num_channels"] is { } channels ? channels.State(channels.Size()) : null,
            Height = height is { } rows ? size!.State(rows) : null, // it has a size
            Width = width is { } columns ? size!.State(columns) : null, // it has a size
        };
    }

    private static StatedModel DescribeLabels(Field? field, int? nameCount, int? classCount) =>
        field is not null && LabelNames.Read(field, nameCount) is var names
        && !ClassNameComparison.AreUnnamed(names.Names)
            ? names.State(field.Source, classCount)
            : new StatedModel();

    /// <summary>timm names ImageNet's classes by WordNet's ids, and describes them elsewhere.</summary>
    private static ClassNames DescribedNames(Field field, Field? descriptions, int? classCount)
    {
        var names = LabelNames.Read(field, classCount);
        if (descriptions is not { IsMap: true } || !names.Names.All(LabelNames.IsSynset))
        {
            return names;
        }

        var described = descriptions.Entries().ToLookup(entry => entry.Name, entry => entry.Value);
        return names.Names.All(name => described[name].FirstOrDefault()?.Node is DataText)
            ? names with { Names = [.. names.Names.Select(name => described[name].First().Text())] }
            : names;
    }
}
