using System.Collections.Concurrent;
using System.Globalization;
using SoftmaxService.Inference.Files;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// The external data that is read beside the file to which a model is a link. Which files these are stands in the
/// model, which is searched again only when it has changed.
/// </summary>
internal static class LinkedData
{
    private const int MaxModels = 1024;

    // A model of so many files is split by tensor; the first of them change with the others.
    private const int MaxFiles = 1024;

    private static readonly ConcurrentDictionary<string, (string Identity, string[] Names)> Known =
        new(StringComparer.Ordinal);

    /// <summary>The files that exist; none where the model is no link.</summary>
    /// <param name="model">The path of the ONNX file.</param>
    public static IEnumerable<FileInfo> Of(string model)
    {
        var folders = RealPath.FoldersBehind(model);
        var real = new FileInfo(folders.Count == 0 ? model : RealPath.Of(model));

        // A pipe or a device has no length, and opening one may block forever.
        return folders.Count == 0 || !real.Exists || real.Length == 0
            ? []
            : folders
                .SelectMany(folder => NamesIn(real).Select(name => new FileInfo(Path.Combine(folder, name))))
                .Where(file => file.Exists);
    }

    private static string[] NamesIn(FileInfo model)
    {
        var identity = string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Length}|{model.LastWriteTimeUtc.Ticks}|{FileIdentity.Of(model.FullName)}");
        if (Known.TryGetValue(model.FullName, out var known) && known.Identity == identity)
        {
            return known.Names;
        }

        if (Known.Count >= MaxModels)
        {
            Known.Clear();
        }

        string[] names = [.. ExternalLocations.In(model.FullName).Take(MaxFiles)];
        Known[model.FullName] = (identity, names);
        return names;
    }
}
