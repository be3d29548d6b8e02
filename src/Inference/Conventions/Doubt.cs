namespace SoftmaxService.Inference.Conventions;

/// <summary>What a doubt is about. It is settled where the owner or a better source states these values.</summary>
internal enum DoubtAbout
{
    Other,

    /// <summary>The scale, the mean and the standard deviation.</summary>
    Scaling,

    /// <summary>How an image is resized and cropped.</summary>
    Resizing,
}

/// <summary>A warning about what could not be used, or was assumed.</summary>
/// <param name="Sentence">What the owner reads.</param>
/// <param name="About">What it is about.</param>
internal sealed record Doubt(string Sentence, DoubtAbout About = DoubtAbout.Other);
