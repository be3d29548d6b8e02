using System.Text;
using SoftmaxService.Inference.Arrays;

namespace SoftmaxService.Inference.Tests.Arrays;

public sealed class NpyFormatTests
{
    private const string Header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

    [Theory]
    [InlineData(Header)]
    [InlineData("{\"shape\":(2,3,),\"fortran_order\":False,\"descr\":\"<f4\"}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}  \n")]
    public void Read_HeaderInAnyOrder_IsRead(string header)
    {
        var array = NpyFormat.Read(File(header, new byte[24]));

        Assert.Equal([2, 3], array.Shape);
        Assert.Equal((6, NumpyElementType.Float32), (array.Count, array.ElementType));
    }

    [Theory]
    [InlineData("", "'{' belongs at character 1")]
    [InlineData("{}", "needs the keys 'descr', 'fortran_order' and 'shape'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", "a comma or a closing brace")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} + 1", "nothing more")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", "True or False")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}", "'('")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", "(3,)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3)}", "a size of at least 0")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", "a comma or a closing parenthesis")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (exit(), 3)}", "a size of at least 0")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", "'descr' twice")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", "the unknown key 'x'")]
    [InlineData("{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3)}", "'|f4', which is not read")]
    [InlineData("{'descr': 'f4', 'fortran_order': False, 'shape': (2, 3)}", "'f4', which is not read")]
    [InlineData("{'descr': '<f16', 'fortran_order': False, 'shape': (2, 3)}", "astype('float32')")]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (2, 3)}", "''")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (7, 1)}", "needs 28 bytes", "there are 24")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", "needs 16 bytes", "there are 24")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (65536, 65536)}", "more than 2147483647 bytes")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,)}", "an axis of 99999999999 elements")]
    public void Read_AnotherHeader_IsRejectedWithTheReason(string header, params string[] reasons)
    {
        var fault = Assert.Throws<InvalidDataException>(() => NpyFormat.Read(File(header, new byte[24])));

        Assert.All(reasons, reason => Assert.Contains(reason, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_MoreAxesThanNumpyWrites_IsRejected()
    {
        var ones = string.Concat(Enumerable.Repeat("1, ", NumpyArray.MaxRank + 1));

        var fault = Assert.Throws<InvalidDataException>(() => NpyFormat.Read(
            File($"{{'descr': '|u1', 'fortran_order': False, 'shape': ({ones})}}", [1])));

        Assert.Contains("more than 64 axes", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 'X', "does not begin as a .npy file does")]
    [InlineData(6, 4, "version 4.0")]
    [InlineData(6, 0, "version 0.0")]
    [InlineData(7, 1, "version 1.1")]
    [InlineData(9, 200, "the header has")]
    public void Read_AnotherBeginning_IsRejected(int at, int value, string reason)
    {
        var file = File(Header, new byte[24]);
        file[at] = (byte)value;

        var fault = Assert.Throws<InvalidDataException>(() => NpyFormat.Read(file));

        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ElementsBeyondTheLimit_AreRejectedBeforeTheyAreAllocated()
    {
        var file = File("{'descr': '<f4', 'fortran_order': False, 'shape': (500000000,)}", []);
        var before = GC.GetAllocatedBytesForCurrentThread();

        // The file claims to be as long as its header says.
        var fault = Assert.Throws<InvalidDataException>(
            () => NpyFormat.Read(new MemoryStream(file), file.Length + 2_000_000_000L));

        Assert.Contains("has 2000000000 bytes; at most 268435456 are read", fault.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_StreamOfAnotherLength_IsRejected()
    {
        var file = File(Header, new byte[24]);

        Assert.Throws<InvalidDataException>(() => NpyFormat.Read(new MemoryStream(file[..^1]), file.Length));
        Assert.Throws<InvalidDataException>(() => NpyFormat.Read(new MemoryStream([.. file, 0]), file.Length));
    }

    [Theory]
    [InlineData()]
    [InlineData(7)]
    [InlineData(1, 3, 2, 2)]
    [InlineData(3, 0, 2)]
    public void Write_AnyShape_IsReadAgain(params int[] shape)
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle())];

        var file = NpyFormat.Write(NumpyArray.OfFloats(values, shape));
        var array = NpyFormat.Read(file);

        Assert.Equal(0, (file.Length - (4 * values.Length)) % 64);
        Assert.Equal(shape, array.Shape);
        Assert.Equal(values, array.ToFloats());
    }

    [Fact]
    public void NumpyArray_BytesOfAnotherShape_AreRejected()
    {
        Assert.Throws<ArgumentException>(() => new NumpyArray(NumpyElementType.Int16, [3], new byte[5]));
        Assert.Throws<ArgumentException>(() => new NumpyArray(NumpyElementType.Int16, [-1, -1], new byte[2]));
        Assert.Throws<ArgumentException>(
            () => new NumpyArray(NumpyElementType.Int16, [1 << 30, 1 << 30, 1 << 30, 1 << 30], Array.Empty<byte>()));
    }

    private static byte[] File(string header, byte[] data)
    {
        var text = Encoding.Latin1.GetBytes(header);
        return
        [
            0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. text, .. data,
        ];
    }
}
