using System.Text;
using System.Text.Unicode;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// <c>MLmodel</c> of MLflow (https://mlflow.org/docs/latest/ml/model/signatures), whose signature may state the shape
/// of the one tensor that the model takes.
/// </summary>
internal static class MlflowModel
{
    public const string FileName = "MLmodel";

    /// <exception cref="ConventionException">It is malformed.</exception>
    public static StatedModel Read(Sidecar file)
    {
        if (!Utf8.IsValid(file.Content))
        {
            throw new ConventionException($"{file.Name} is not UTF-8; save it as UTF-8");
        }

        var root = YamlTree.Parse(file.Name, Encoding.UTF8.GetString(file.Content));
        if (root["signature"]?["inputs"] is not { } inputs)
        {
            return new StatedModel();
        }

        var signature = JsonTree.Parse(file.Name, Encoding.UTF8.GetBytes(inputs.Text())) with { Path = inputs.Path };
        return signature.Items().ToArray() is [var input] && input["tensor-spec"]?["shape"] is { } shape
            ? DescribeShape(shape)
            : new StatedModel();
    }

    private static StatedModel DescribeShape(Field shape)
    {
        if (shape.Items().ToArray() is not [_, var first, var second, var third])
        {
            return new StatedModel();
        }

        return first.FindWhole() is 1 or 3
            ? Describe(TensorLayout.ChannelsFirst, first, second, third)
            : third.FindWhole() is 1 or 3
            ? Describe(TensorLayout.ChannelsLast, third, first, second)
            : new StatedModel();

        StatedModel Describe(TensorLayout layout, Field channels, Field height, Field width) => new()
        {
            Layout = shape.State(layout),
            Channels = shape.State(channels.Size()),
            Height = Size(height),
            Width = Size(width),
        };

        // -1 leaves a size open.
        Stated<int>? Size(Field size) => size.FindWhole() == -1 ? null : shape.State(size.Size());
    }
}
