using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// What one file, or several, state about a model, each value with its source. Null where nothing is stated. The values
/// mean what they mean in a manifest.
/// </summary>
internal sealed record StatedModel
{
    /// <inheritdoc cref="ImageInput.Layout"/>
    public Stated<TensorLayout>? Layout { get; init; }

    /// <inheritdoc cref="ImageInput.Channels"/>
    public Stated<int>? Channels { get; init; }

    /// <inheritdoc cref="ImageInput.Height"/>
    public Stated<int>? Height { get; init; }

    /// <inheritdoc cref="ImageInput.Width"/>
    public Stated<int>? Width { get; init; }

    /// <inheritdoc cref="ImageInput.Color"/>
    public Stated<PixelColor>? Color { get; init; }

    /// <inheritdoc cref="ImageInput.Scale"/>
    public Stated<double>? Scale { get; init; }

    /// <summary>One value for all channels, or one per channel.</summary>
    public Stated<IReadOnlyList<float>>? Mean { get; init; }

    /// <summary>One value for all channels, or one per channel.</summary>
    public Stated<IReadOnlyList<float>>? Std { get; init; }

    /// <inheritdoc cref="ImageInput.Resize"/>
    public Stated<ResizeMode>? Resize { get; init; }

    /// <inheritdoc cref="ImageInput.ResizeTo"/>
    public Stated<ResizeTarget>? ResizeTo { get; init; }

    /// <inheritdoc cref="ImageInput.CropOffset"/>
    public Stated<CropOffset>? CropOffset { get; init; }

    /// <inheritdoc cref="ImageInput.ResizeRounding"/>
    public Stated<ResizeRounding>? ResizeRounding { get; init; }

    /// <inheritdoc cref="ImageInput.Filter"/>
    public Stated<ImageFilter>? Filter { get; init; }

    /// <inheritdoc cref="ImageInput.Antialias"/>
    public Stated<bool>? Antialias { get; init; }

    /// <inheritdoc cref="ImageInput.Round"/>
    public Stated<bool>? Round { get; init; }

    /// <inheritdoc cref="ImageInput.Fill"/>
    public Stated<IReadOnlyList<float>>? Fill { get; init; }

    /// <inheritdoc cref="ImageInput.Background"/>
    public Stated<IReadOnlyList<byte>>? Background { get; init; }

    /// <summary>The graph's output that holds the class scores.</summary>
    public Stated<string>? OutputName { get; init; }

    /// <summary>What the scores are.</summary>
    public Stated<OutputKind>? OutputKind { get; init; }

    /// <summary>One name per class, in the order of the output.</summary>
    public Stated<IReadOnlyList<string>>? Labels { get; init; }

    /// <summary>What could not be used, or was assumed.</summary>
    public IReadOnlyList<Doubt> Doubts { get; init; } = [];

    /// <summary>The doubts in words, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => [.. Doubts.Select(doubt => doubt.Sentence)];

    /// <summary>Whether anything says how pixels are scaled.</summary>
    public bool StatesScaling => Scale is not null || Mean is not null || Std is not null;

    /// <summary>
    /// This, and what another one states besides. Values that only make sense together come from one of the two: the
    /// scale, mean and standard deviation, and how an image is resized and cropped.
    /// </summary>
    public StatedModel Over(StatedModel other)
    {
        var values = StatesScaling ? this : other;
        var resize = Resize is not null || HasOtherSizeThan(other) ? this : other;
        return new StatedModel
        {
            Layout = Layout ?? other.Layout,
            Channels = Channels ?? other.Channels,
            Height = Height ?? other.Height,
            Width = Width ?? other.Width,
            Color = Color ?? other.Color,
            Scale = values.Scale,
            Mean = values.Mean,
            Std = values.Std,
            Resize = resize.Resize,
            ResizeTo = resize.ResizeTo,
            CropOffset = resize.CropOffset,
            ResizeRounding = resize.ResizeRounding,
            Fill = resize.Fill,
            Filter = Filter ?? other.Filter,
            Antialias = Antialias ?? other.Antialias,
            Round = Round ?? other.Round,
            Background = Background ?? other.Background,
            OutputName = OutputName ?? other.OutputName,
            OutputKind = OutputKind ?? other.OutputKind,
            Labels = Labels ?? other.Labels,
            Doubts =
            [
                .. Doubts.Where(doubt => !IsSettled(doubt, this)),
                .. other.Doubts.Where(doubt => !IsSettled(doubt, other)),
                .. Resize is null && HasOtherSizeThan(other) ? (Doubt[])[PassOver(other)] : [],
            ],
        };

        // By the values of the other of the two.
        bool IsSettled(Doubt doubt, StatedModel of) => doubt.About switch
        {
            DoubtAbout.Scaling => !ReferenceEquals(values, of) && values.StatesScaling,
            DoubtAbout.Resizing => !ReferenceEquals(resize, of) && resize.Resize is not null,
            DoubtAbout.Labels => of.Labels is not null && Labels is not null && !ReferenceEquals(this, of),
            _ => false,
        };
    }

    /// <summary>This, with another warning.</summary>
    public StatedModel Warn(string warning, DoubtAbout about = DoubtAbout.Other) =>
        this with { Doubts = [.. Doubts, new Doubt(warning, about)] };

    /// <summary>Only a warning.</summary>
    public static StatedModel OnlyWarning(string warning) => new StatedModel().Warn(warning);

    /// <summary>
    /// Whether another one resizes for a size that is not this one's: the length before a crop fits only its own size.
    /// </summary>
    private bool HasOtherSizeThan(StatedModel other) =>
        other.Resize is not null
        && ((Height is not null && other.Height is not null && Height.Value != other.Height.Value)
            || (Width is not null && other.Width is not null && Width.Value != other.Width.Value));

    private Doubt PassOver(StatedModel other) => new(
        $"{other.Resize!.Source} resizes images for another size than {(Height ?? Width)!.Source} gives; how they are "
        + "resized is not taken from it",
        DoubtAbout.Resizing); // both state a size, and the other one resizes
}
