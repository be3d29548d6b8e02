using System.Text.Unicode;
using System.Text;
using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>
/// A file of class names: a name a line, or JSON, whatever its ending. Files of lines are written by Teachable Machine,
/// Custom Vision and TensorFlow's examples, JSON by Keras (https://keras.io/api/applications:
/// imagenet_class_index.json, <c>class_indices</c> of its generators) and TorchServe (https://pytorch.org/serve:
/// index_to_name.json).
/// </summary>
internal static class LabelFile
{
    /// <param name="file">The file.</param>
    /// <param name="classCount">The number of classes, if the graph states it.</param>
    /// <exception cref="ConventionException">It holds no names, or an index is missing or repeated.</exception>
    public static ClassNames Read(Sidecar file, int? classCount)
    {
        var bytes = file.Content.AsSpan();
        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        if (!Utf8.IsValid(bytes))
        {
            throw new ConventionException($"{file.Name} is not UTF-8; save it as UTF-8");
        }

        var text = Encoding.UTF8.GetString(bytes);
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                return LabelNames.Read(JsonTree.Parse(file.Name, bytes), classCount);
            }
            catch (ConventionException) when (!file.Name.EndsWith(".json", StringComparison.Ordinal) && !IsJson(bytes))
            {
                // A name may begin with a bracket.
            }
        }

        return ReadLines(file.Name, text, classCount);
    }

    private static bool IsJson(ReadOnlySpan<byte> utf8)
    {
        try
        {
            JsonTree.Parse("", utf8);
            return true;
        }
        catch (ConventionException)
        {
            return false;
        }
    }

    private static ClassNames ReadLines(string name, string text, int? classCount)
    {
        var lines = text.TrimEnd().Split('\n').Select(line => line.Trim()).ToArray();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Any(letter => char.IsControl(letter) && letter != '\t'))
            {
                throw new ConventionException($"{Field.Place(name, i + 1)}: the name has control characters");
            }
        }

        string[] names = [.. lines.Where(line => line.Length > 0)];
        if (names.Length == 0)
        {
            throw new ConventionException($"{name} holds no names");
        }

        var blank = lines.Length - names.Length;
        var read = LabelLines.Read(names, classCount);
        return blank == 0
            ? read
            : read with
            {
                Warnings = [.. read.Warnings, $"has {blank} blank line(s) between its names, which are left out"],
            };
    }
}
