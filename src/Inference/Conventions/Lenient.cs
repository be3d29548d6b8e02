namespace SoftmaxService.Inference.Conventions;

/// <summary>Reads what a model can be served without: a fault becomes a warning.</summary>
internal static class Lenient
{
    public static StatedModel Read(Func<StatedModel> read)
    {
        try
        {
            return read();
        }
        catch (ConventionException fault)
        {
            return StatedModel.OnlyWarning($"{fault.Message}; it is not used");
        }
    }
}
