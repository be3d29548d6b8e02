namespace SoftmaxService.Inference.Conventions;

/// <summary>Reads what a model can be served without: a fault becomes a warning.</summary>
internal static class Lenient
{
    public static StatedModel Read(Func<StatedModel> read, DoubtAbout about = DoubtAbout.Other)
    {
        try
        {
            return read();
        }
        catch (ConventionException fault)
        {
            return new StatedModel().Warn($"{fault.Message}; it is not used", about);
        }
    }
}
