namespace SoftmaxService.Inference.Imaging;

/// <summary>The pixels of one axis that are resized.</summary>
/// <param name="WholeLength">The number of pixels that the axis has.</param>
/// <param name="First">How many of them are cut off before.</param>
/// <param name="Length">How many of them are resized.</param>
internal readonly record struct AxisPart(int WholeLength, int First, int Length)
{
    public static AxisPart Whole(int length) => new(length, First: 0, length);
}
