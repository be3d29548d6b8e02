namespace SoftmaxService.Api.Models.Probing;

/// <summary>The files of the models that ship, by their SHA-256. A test compares them with the files.</summary>
internal static class ShippedModels
{
    private static readonly HashSet<string> Hashes = new(StringComparer.Ordinal)
    {
        "5bcd83bbfc1597759e13c163d7bfddb915c92858658f201ba19657d3000eece9", // cifar10/1/model.json
        "34f68585c69413649b6ae9f6226cf14f4d68873141d1aa4ba94376bba7efa8d2", // cifar10/1/model.onnx
        "09856e781754476d1371dccf1c78021758f6dd1a861cccc23d4b60e00c8cc5a4", // mnist/1/model.json
        "5384d75260af75cadbeeb5d474704fd884fbe1ffa64ae321a4492e6c3a798a11", // mnist/1/model.onnx
    };

    /// <summary>Whether all files are among them.</summary>
    public static bool Contain(IEnumerable<string> hashes) => hashes.All(Hashes.Contains);
}
