using System.Text;
using System.Text.Unicode;
using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// <c>config.pbtxt</c> of NVIDIA's Triton, which lies above a model's versions
/// (https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md; the message is
/// in https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto).
/// </summary>
internal static class TritonConfig
{
    public const string FileName = "config.pbtxt";

    /// <exception cref="ConventionException">It or the file of labels is malformed.</exception>
    public static StatedModel Read(Sidecar file, SidecarFolders folders, int? classCount)
    {
        if (!Utf8.IsValid(file.Content))
        {
            throw new ConventionException($"{file.Name} is not UTF-8; save it as UTF-8");
        }

        var root = ProtobufText.Parse(file.Name, Encoding.UTF8.GetString(file.Content));
        var stated = Messages(root, "input") is [var input] ? DescribeInput(input) : new StatedModel();
        return stated.Over(Lenient.Read(() => ReadLabels(root, file, folders, classCount), DoubtAbout.Labels));
    }

    private static StatedModel DescribeInput(Field input)
    {
        TensorLayout? layout = input["format"]?.Node is DataText format
            ? format.Text switch
            {
                "FORMAT_NCHW" => TensorLayout.ChannelsFirst,
                "FORMAT_NHWC" => TensorLayout.ChannelsLast,
                _ => null,
            }
            : null;
        if (layout is null)
        {
            return new StatedModel();
        }

        var stated = new StatedModel { Layout = input["format"]!.State(layout.Value) }; // it has a layout
        Field[] sizes = [.. Values(input, "dims")];
        sizes = sizes.Length == 4 ? sizes[1..] : sizes; // the batch's axis, where max_batch_size is 0
        return sizes.Length != 3
            ? stated
            : layout == TensorLayout.ChannelsFirst
            ? stated with { Channels = Size(sizes[0]), Height = Size(sizes[1]), Width = Size(sizes[2]) }
            : stated with { Height = Size(sizes[0]), Width = Size(sizes[1]), Channels = Size(sizes[2]) };
    }

    // -1 leaves a size open.
    private static Stated<int>? Size(Field size) => size.FindWhole() == -1 ? null : size.State(size.Size());

    private static StatedModel ReadLabels(Field root, Sidecar config, SidecarFolders folders, int? classCount)
    {
        var names = Messages(root, "output").Select(output => output["label_filename"]).OfType<Field>().ToArray();
        if (names is not [var name])
        {
            return new StatedModel();
        }

        var file = folders.FindIn(config.Folder, name.Text())
            ?? throw name.Fault($"is {name.Quote()}, which is not there");
        return LabelFile.Read(file, classCount).State(name.Source, classCount);
    }

    private static List<Field> Messages(Field root, string name) =>
        [.. Values(root, name).Where(value => value.IsMap)];

    /// <summary>The values of a repeated field, which are written one by one or as a list.</summary>
    private static IEnumerable<Field> Values(Field root, string name) => root.Entries()
        .Where(entry => entry.Name == name)
        .SelectMany(entry => entry.Value.IsList ? entry.Value.Items() : [entry.Value]);
}
