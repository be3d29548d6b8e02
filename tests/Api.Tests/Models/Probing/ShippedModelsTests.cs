using SoftmaxService.Api.Models.Probing;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Tests.Models.Probing;

public sealed class ShippedModelsTests
{
    [Fact]
    public async Task TheFilesOfTheModelsThatShipAreKnown()
    {
        var hashes = new Dictionary<string, IReadOnlyDictionary<string, string>?>();
        using var repository = new ModelRepository(new RepositorySettings
        {
            Folder = Repository.PathOf("models"),
            Probe = async (version, cancellationToken) =>
            {
                var files = await version.HashFilesAsync(cancellationToken);
                lock (hashes)
                {
                    hashes.Add($"{version.Name}/{version.Version}", files);
                }

                throw new ModelLoadException("only its hashes are wanted");
            },
        });
        await repository.LoadAllAsync();

        Assert.Equal(["cifar10/1", "mnist/1"], hashes.Keys.Order(StringComparer.Ordinal));
        Assert.All(hashes.Values, files => Assert.True(
            ShippedModels.Contain(files!.Values), // null only if a file cannot be read
            $"src/Api/Models/Probing/ShippedModels.cs should list {string.Join(", ", files)}."));

        var (name, hash) = hashes["mnist/1"]!.First();
        var changed = hashes["mnist/1"]!.ToDictionary(file => file.Key, file => file.Value);
        changed[name] = hash[..^1] + (hash[^1] == '0' ? '1' : '0');
        Assert.False(ShippedModels.Contain(changed.Values));
    }
}
