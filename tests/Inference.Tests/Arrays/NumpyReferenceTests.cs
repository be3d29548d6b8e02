using SoftmaxService.Inference.Arrays;

namespace SoftmaxService.Inference.Tests.Arrays;

/// <summary>Files that NumPy wrote; the folder References holds them, and its <c>make.py</c>.</summary>
public sealed class NumpyReferenceTests
{
    private const string Folder = "tests/Inference.Tests/Arrays/References/";

    private static readonly int[] Shape = [2, 3, 4];

    private static readonly float[] Values = [.. Enumerable.Range(0, 24).Select(value => (float)value)];

    [Theory]
    [InlineData("f2-little", NumpyElementType.Float16)]
    [InlineData("f2-big", NumpyElementType.Float16)]
    [InlineData("f4-little", NumpyElementType.Float32)]
    [InlineData("f4-big", NumpyElementType.Float32)]
    [InlineData("f8-little", NumpyElementType.Float64)]
    [InlineData("f8-big", NumpyElementType.Float64)]
    [InlineData("i1-little", NumpyElementType.Int8)]
    [InlineData("i2-little", NumpyElementType.Int16)]
    [InlineData("i2-big", NumpyElementType.Int16)]
    [InlineData("i4-little", NumpyElementType.Int32)]
    [InlineData("i4-big", NumpyElementType.Int32)]
    [InlineData("i8-little", NumpyElementType.Int64)]
    [InlineData("i8-big", NumpyElementType.Int64)]
    [InlineData("u1-little", NumpyElementType.UInt8)]
    [InlineData("u2-little", NumpyElementType.UInt16)]
    [InlineData("u2-big", NumpyElementType.UInt16)]
    [InlineData("u4-little", NumpyElementType.UInt32)]
    [InlineData("u4-big", NumpyElementType.UInt32)]
    [InlineData("u8-little", NumpyElementType.UInt64)]
    [InlineData("u8-big", NumpyElementType.UInt64)]
    [InlineData("fortran", NumpyElementType.Float32)]
    [InlineData("fortran-big", NumpyElementType.Float64)]
    [InlineData("version-2", NumpyElementType.Float32)]
    [InlineData("version-3", NumpyElementType.Float32)]
    public void Read_FileOfNumpy_HasItsValues(string name, NumpyElementType type)
    {
        var array = ReadNpy(name);

        Assert.Equal(type, array.ElementType);
        Assert.Equal(Shape, array.Shape);
        Assert.Equal(Values, array.ToFloats());
    }

    [Fact]
    public void Read_Bools_AreZeroAndOne()
    {
        var array = ReadNpy("bool");

        Assert.Equal(NumpyElementType.Bool, array.ElementType);
        Assert.Equal(Values.Select(value => value % 2), array.ToFloats());
    }

    [Theory]
    [InlineData("scalar", new int[0], new[] { 7f })]
    [InlineData("empty", new[] { 0, 3 }, new float[0])]
    [InlineData("one-axis", new[] { 5 }, new[] { 0f, 1, 2, 3, 4 })]
    [InlineData("special", new[] { 5 }, new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f,
        float.PositiveInfinity })]
    public void Read_OtherShapesAndValues_AreKept(string name, int[] shape, float[] values)
    {
        var array = ReadNpy(name);

        Assert.Equal(shape, array.Shape);
        Assert.Equal(values, array.ToFloats());
        Assert.Equal(values.Select(IsNegativeZero), array.ToFloats().Select(IsNegativeZero));
    }

    [Theory]
    [InlineData("objects", "'|O'", "pickled Python objects")]
    [InlineData("structured", "structured", "one field")]
    [InlineData("complex", "'<c8'", "complex numbers")]
    [InlineData("text", "'<U2'", "texts")]
    [InlineData("bytes", "'|V2'", "bfloat16")]
    public void Read_ElementsThatAreNoNumbers_AreRejected(string name, params string[] reasons)
    {
        var fault = Assert.Throws<InvalidDataException>(() => ReadNpy(name));

        Assert.All(reasons, reason => Assert.Contains(reason, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_StoredArchive_HasItsArraysByName()
    {
        var arrays = ReadNpz("stored");

        Assert.Equal(["input", "logits"], arrays.Select(array => array.Key));
        Assert.Equal(Values, arrays[0].Value.ToFloats());
        Assert.Equal([0, 1, 2, 3, 4], arrays[1].Value.ToFloats());
    }

    [Fact]
    public void Read_DeflatedArchive_HasItsArray()
    {
        var (name, array) = Assert.Single(ReadNpz("deflated"));

        Assert.Equal("arr_0", name);
        Assert.Equal(Shape, array.Shape);
        Assert.Equal(Values, array.ToFloats());
    }

    [Fact]
    public void Read_ArchiveWithObjects_IsRejectedByName()
    {
        var fault = Assert.Throws<InvalidDataException>(() => ReadNpz("objects"));

        Assert.Contains("'bad.npy'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("pickled", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ArrayOfAFile_EqualsTheFile() => Assert.All(
        ["f4-little", "f8-little", "i8-little", "u1-little", "bool", "one-axis", "empty"],
        name => Assert.Equal(WithoutGrowth(Bytes($"{name}.npy")), WithoutGrowth(NpyFormat.Write(ReadNpy(name)))));

    // NumPy leaves room for the first axis to grow, and so pads some headers by another 64 bytes.
    private static string WithoutGrowth(byte[] file)
    {
        var text = System.Text.Encoding.Latin1.GetString(file);
        var (prefix, header, data) = (text[..8], text[10..(text.IndexOf('\n') + 1)], text[(text.IndexOf('\n') + 1)..]);
        Assert.Equal(0, (10 + header.Length) % 64);
        Assert.Equal(header.Length, BitConverter.ToUInt16(file, 8));
        return prefix + header.TrimEnd() + data;
    }

    private static bool IsNegativeZero(float value) => value == 0 && float.IsNegative(value);

    private static NumpyArray ReadNpy(string name) => NpyFormat.Read(Bytes($"{name}.npy"));

    private static IReadOnlyList<KeyValuePair<string, NumpyArray>> ReadNpz(string name) =>
        NpzFormat.Read(new MemoryStream(Bytes($"{name}.npz")));

    private static byte[] Bytes(string name) => File.ReadAllBytes(Repository.PathOf(Folder + name));
}
