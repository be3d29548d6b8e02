using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions.HuggingFace;

/// <summary>The <c>size</c> or <c>crop_size</c>: a number, a list, or a map of sides.</summary>
internal sealed record TargetSize(Field Field, int? Height, int? Width, int? Shorter, int? Longest)
{
    public static TargetSize Square(int side, Field field) => new(field, side, side, null, null);

    public static TargetSize Read(Field field, bool isSquare)
    {
        if (field.IsMap)
        {
            var (height, width) = (field["height"]?.Size(), field["width"]?.Size());
            var (shorter, longest) = (field["shortest_edge"]?.Size(), field["longest_edge"]?.Size());
            return (height is null) == (width is null) && (height ?? shorter ?? longest) is not null
                ? new TargetSize(field, height, width, shorter, longest)
                : throw field.Fault("must have height and width, shortest_edge, or longest_edge");
        }

        if (field.IsList)
        {
            return field.Items().ToArray() is [var height, var width]
                ? new TargetSize(field, height.Size(), width.Size(), null, null)
                : throw field.Fault("must be a number, a height and a width, or an object");
        }

        var side = field.Size();
        return isSquare ? Square(side, field) : new TargetSize(field, null, null, side, null);
    }

    /// <summary>A share of a size that is kept by a crop.</summary>
    public static double Part(Field field) =>
        field.Number() is > 0.01 and <= 1 and var part ? part : throw field.Fault("must be above 0.01 and at most 1");

    /// <summary>A length in whole pixels, rounded down.</summary>
    public static int Whole(double length, Field field) =>
        length is >= 1 and < 65_536 ? (int)length : throw field.Fault("makes images too large or too small");

    public TargetSize DividedBy(Field field)
    {
        var part = Part(field);
        int? Divide(int? side) => side is { } length ? Whole(length / part, field) : null;
        return Height is not null && Height == Width
            ? new TargetSize(Field, null, null, Divide(Height), null)
            : new TargetSize(Field, Divide(Height), Divide(Width), Divide(Shorter), Longest);
    }

    public StatedModel State(StatedModel stated) => stated with
    {
        Height = Height is { } height ? Field.State(height) : null,
        Width = Width is { } width ? Field.State(width) : null,
    };
}
