namespace SoftmaxService.Inference.Conventions;

/// <summary>What a doubt is about. It is settled where the owner or a better source states these values.</summary>
internal enum DoubtAbout
{
    Other,

    /// <summary>The scale, the mean and the standard deviation.</summary>
    Scaling,

    /// <summary>How an image is resized and cropped.</summary>
    Resizing,

    /// <summary>The filter, and whether it is widened when an image is shrunk.</summary>
    Filter,

    /// <summary>The order of the colours.</summary>
    Color,

    /// <summary>The height and the width.</summary>
    Size,

    /// <summary>The number of channels, and where they are.</summary>
    Channels,

    /// <summary>The names of the classes.</summary>
    Labels,
}

/// <summary>A warning about what could not be used, or was assumed.</summary>
/// <param name="Sentence">What the owner reads.</param>
/// <param name="About">What it is about.</param>
internal sealed record Doubt(string Sentence, DoubtAbout About = DoubtAbout.Other);
