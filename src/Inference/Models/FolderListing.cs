using System.Globalization;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Models;

/// <summary>What a repository's folder holds at one moment, before anything is loaded.</summary>
internal sealed class FolderListing
{
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private bool _isUnreadable;

    private FolderListing()
    {
    }

    public List<(string Name, int Number, string Folder, VersionFingerprint Fingerprint)> Versions { get; } = [];

    public List<ModelLoadFailure> Faults { get; } = [];

    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    public static FolderListing Read(string folder)
    {
        var listing = new FolderListing();
        listing.ReadLooseModels(folder);
        foreach (var model in listing.ReadSubfolders(folder, name: ""))
        {
            listing.Names.Add(Path.GetFileName(model));
            listing.ReadModel(model, Path.GetFileName(model));
        }

        return listing;
    }

    /// <summary>
    /// Whether versions that are not listed are gone. Otherwise they may be out of reach for a moment, as on a network
    /// volume.
    /// </summary>
    public bool Knows(string name) => !_isUnreadable && !_unreadable.Contains(name);

    private void ReadModel(string model, string name)
    {
        var folders = ReadSubfolders(model, name);
        if (!Knows(name))
        {
            return;
        }

        if (!Array.Exists(folders, IsVersion) && HoldsModel(model))
        {
            // As it was cloned or exported, without a folder of a version.
            Add(name, 1, model);
            return;
        }

        if (!Array.Exists(folders, IsVersion) && HuggingFaceCache.IsRepository(model))
        {
            var commit = Path.GetFileName(HuggingFaceCache.SnapshotOf(model)) ?? "<commit>";
            Faults.Add(new ModelLoadFailure(
                name,
                "",
                $"it is a repository in the cache of Hugging Face; its files are in {name}/snapshots/{commit}: link "
                + $"that folder as {name}/1, or run softmax import"));
            return;
        }

        if (folders.Length == 0)
        {
            Faults.Add(new ModelLoadFailure(
                name, "", $"it has no version; a model belongs at {name}/1/{ClassifierModel.OnnxFileName}"));
        }

        foreach (var folder in folders)
        {
            var version = Path.GetFileName(folder);
            if (VersionPolicy.TryParseVersion(version, out var number))
            {
                Add(name, number, folder);
            }
            else
            {
                Faults.Add(
                    new ModelLoadFailure(
                        name, version,
                        "a version's folder is named with a positive whole number without leading zeros, such as 1"));
            }
        }

        static bool IsVersion(string folder) => VersionPolicy.TryParseVersion(Path.GetFileName(folder), out _);
    }

    private void Add(string name, int number, string folder)
    {
        var version = number.ToString(CultureInfo.InvariantCulture);
        if (VersionFingerprint.Of(folder, name, version) is { IsGone: false } fingerprint)
        {
            Versions.Add((name, number, folder, fingerprint));
        }
    }

    private static bool HoldsModel(string folder)
    {
        try
        {
            return ModelFiles.CandidatesIn(folder).Count > 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // the subfolders were read a moment ago
        }
    }

    /// <summary>Finds models in the wrong place: beside the models' folders.</summary>
    private void ReadLooseModels(string folder)
    {
        foreach (var file in ModelsIn(folder))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            Faults.Add(new ModelLoadFailure(
                file,
                "",
                $"it lies beside the folders of models; a model belongs at {name}/1/{ClassifierModel.OnnxFileName}"));
        }
    }

    private static string[] ModelsIn(string folder)
    {
        try
        {
            var names = Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>();
            return [.. names.Where(ModelFiles.IsModel).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // reported where the subfolders are read
        }
    }

    private string[] ReadSubfolders(string folder, string name)
    {
        try
        {
            if (name.Length > 0 && !Directory.Exists(folder))
            {
                return [];
            }

            var subfolders = Directory.EnumerateDirectories(folder);
            return
            [
                .. subfolders.Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal),
            ];
        }
        catch (DirectoryNotFoundException) when (name.Length > 0)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Faults.Add(
                new ModelLoadFailure(
                    name, "",
                    exception is DirectoryNotFoundException
                        ? "the folder of models is not there"
                        : "the folder cannot be read"));
            _isUnreadable |= name.Length == 0;
            _unreadable.Add(name);
            return [];
        }
    }
}
