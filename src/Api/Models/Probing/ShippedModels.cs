namespace SoftmaxService.Api.Models.Probing;

/// <summary>The files of the models that ship, by their hashes. A test compares them with the files.</summary>
internal static class ShippedModels
{
    private static readonly HashSet<string> Hashes = new(StringComparer.Ordinal)
    {
        "a6e796722f99d4a6e7d64d98333f74a290b40d97a44e95cfbe5f43f8683cd251", // cifar10/1/model.json
        "15abdafae2bf49c7b0d91bd0f16db4d6aec7fb50628c9485dcc0ab85824b9f36", // cifar10/1/model.onnx
        "924cc07d09e664dc7426aa15471f36e792e34810e78f9fe43131bf720d9068f0", // mnist/1/model.json
        "ccc750b2bf8223129a6bf8e1593766dca1364658458bf915425d49cb1195d28a", // mnist/1/model.onnx
    };

    /// <summary>Whether all files are among them.</summary>
    public static bool Contain(IEnumerable<string> hashes) => hashes.All(Hashes.Contains);
}
