using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Tests.Data;

public sealed class IdxFileTests
{
    [Fact]
    public void Read_WholeFile_GivesDimensionsAndElements()
    {
        var file = Read([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]);

        Assert.Equal([2, 3], file.Dimensions);
        Assert.Equal([1, 2, 3, 4, 5, 6], file.Elements);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 }, "ends within its magic number: 2 of 4 bytes")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "is not an IDX file: it begins with 1F8B0800")]
    [InlineData(new byte[] { 0, 0, 0x0D, 1, 0, 0, 0, 0 }, "IDX type 0x0D; only unsigned bytes")]
    [InlineData(new byte[] { 0, 0, 8, 2, 0, 0, 0, 2, 0, 0 }, "ends within dimension 1: 2 of 4 bytes")]
    [InlineData(new byte[] { 0, 0, 8, 0 }, "claims the dimensions []")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0xFF, 0xFF, 0xFF, 0xFF }, "claims the dimensions [-1]")]
    [InlineData(new byte[] { 0, 0, 8, 2, 0x7F, 0, 0, 0, 0x7F, 0, 0, 0 }, "which cannot be")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 3, 1, 2 }, "ends within its 3 elements: 2 of 3 bytes")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 1, 1, 2 }, "goes on after its [1] elements")]
    public void Read_BrokenFile_SaysWhatIsWrong(byte[] bytes, string message)
    {
        var problem = Assert.Throws<InvalidDataException>(() => Read(bytes));

        Assert.StartsWith("broken-idx ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    private static IdxFile Read(byte[] bytes) => IdxFile.Read(new MemoryStream(bytes), "broken-idx");
}
