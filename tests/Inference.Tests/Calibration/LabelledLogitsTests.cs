using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class LabelledLogitsTests
{
    private const float Inf = float.PositiveInfinity;

    [Fact]
    public void Constructor_GoodData_KeepsRowsAndLabels()
    {
        var data = new LabelledLogits(new float[] { 1, 2, 3, 4, -Inf, 6 }, new[] { 1, 2 }, 3);

        Assert.Equal((2, 3), (data.Count, data.ClassCount));
        Assert.Equal([4f, -Inf, 6f], data.Row(1));
        Assert.Equal(2, data.LabelOf(1));
    }

    [Theory]
    [InlineData(new float[] { 1 }, new[] { 0 }, 1, "at least 2")]
    [InlineData(new float[] { }, new int[] { }, 2, "no labelled rows")]
    [InlineData(new float[] { 1, 2, 3 }, new[] { 0, 1 }, 2, "2 labels need 4 logits")]
    [InlineData(new float[] { 1, 2, 3, 4 }, new[] { 0, 2 }, 2, "Row 1 (the first is 0): the label 2 is not a class")]
    [InlineData(new float[] { 1, 2, 3, 4 }, new[] { -1, 0 }, 2, "Row 0 (the first is 0): the label -1")]
    [InlineData(
        new float[] { 1, 2, 3, float.NaN }, new[] { 0, 0 }, 2, "Row 1 (the first is 0): the logit of class 1 is NaN")]
    [InlineData(new float[] { Inf, 2 }, new[] { 0 }, 2, "class 0 is +Infinity")]
    [InlineData(new float[] { -Inf, -Inf }, new[] { 0 }, 2, "every logit is -Infinity")]
    public void Constructor_BadData_IsRejectedWithRowAndReason(
        float[] logits, int[] labels, int classCount, string reason)
    {
        var fault = Assert.Throws<InferenceException>(() => new LabelledLogits(logits, labels, classCount));

        Assert.Equal(InferenceError.LabelledDataInvalid, fault.Error);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_ClassCountWhoseProductOverflows_IsRejected() =>
        Assert.Throws<InferenceException>(() => new LabelledLogits(new float[2], new[] { 0, 0 }, int.MaxValue));

    [Fact]
    public void FaultOf_GoodRow_IsNull() => Assert.Null(LabelledLogits.FaultOf([1f, -Inf], 1));
}
