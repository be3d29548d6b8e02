using System.Diagnostics;
using System.Text;
using Google.Protobuf;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The three forms of a tensor, for every datatype that a model may take.</summary>
public sealed class TensorContentsTests
{
    [Fact]
    public void BytesAreWholeNumbersFrom0To255InJsonAndInGrpc()
    {
        Assert.Equal(
            (byte[])[0, 255, 7],
            Json("[[0], [255], [7]]").ReadNumbers("x", TensorDatatype.UInt8, [3, 1], 3).ToArray());
        Assert.Equal(
            (byte[])[0, 255, 7],
            new TypedContents(new InferTensorContents { UintContents = { 0, 255, 7 } })
                .ReadNumbers("x", TensorDatatype.UInt8, [3], 3)
                .ToArray());

        foreach (var bad in new[] { "256", "-1", "1.5", "1e1", "\"1\"", "true" })
        {
            Rejected(() => Json($"[{bad}]").ReadNumbers("x", TensorDatatype.UInt8, [1], 1), "UINT8");
        }

        Rejected(
            () =>
                new TypedContents(new InferTensorContents { UintContents = { 256 } }).ReadNumbers(
                    "x",
                    TensorDatatype.UInt8,
                    [1],
                    1),
            "256");
        Rejected(
            () =>
                new TypedContents(new InferTensorContents { IntContents = { 1 } }).ReadNumbers(
                    "x",
                    TensorDatatype.UInt8,
                    [1],
                    1),
            "uint_contents");
    }

    [Theory]
    [InlineData("FP32", "a number from -3.4028235E+38 to 3.4028235E+38", "1e39", "-1e39", "\"1\"", "null")]
    [InlineData("FP64", "a number from -1.7976931348623157E+308 to 1.7976931348623157E+308", "1e400", "-1e400", "{}")]
    [InlineData("INT8", "a whole number from -128 to 127", "128", "-129", "1.5", "true")]
    [InlineData("INT32", "a whole number from -2147483648 to 2147483647", "2147483648", "-2147483649", "1e-1")]
    [InlineData(
        "INT64",
        "a whole number from -9223372036854775808 to 9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "0.5",
        "\"0\"")]
    public void ANumberOutsideItsDatatypeIsRejected(string datatype, string requirement, params string[] bad)
    {
        var type = Datatype(datatype);
        foreach (var number in bad)
        {
            Rejected(
                () => Json($"[{number}]").ReadNumbers("x", type, [1], 1),
                "'x'",
                $"an element of {datatype} is {requirement}");
        }

        Rejected(() => Json("[1, 2]").ReadNumbers("x", type, [1], 1), "more");
        Rejected(() => Json("[1]").ReadNumbers("x", type, [2], 2), "fewer");
    }

    [Theory]
    [InlineData("FP64", "[0.1, -1e300]", "9A9999999999B93F9C7500883CE437FE")]
    [InlineData("INT8", "[-128, 127]", "807F")]
    [InlineData("INT32", "[-2147483648, 2147483647]", "00000080FFFFFF7F")]
    [InlineData("INT64", "[-9223372036854775808, 9223372036854775807]", "0000000000000080FFFFFFFFFFFFFF7F")]
    public void TheFirstAndTheLastNumberOfADatatypeAreExact(string datatype, string json, string bytes) =>
        Assert.Equal(bytes, Convert.ToHexString(Json(json).ReadNumbers("x", Datatype(datatype), [2], 2).Span));

    [Fact]
    public void TypedContentsHaveAFieldForEachFamilyOfDatatypes()
    {
        var contents = new TypedContents(
            new InferTensorContents
            {
                IntContents = { -128, 127 },
                Int64Contents = { long.MinValue },
                Fp32Contents = { float.NaN },
                Fp64Contents = { 0.5, double.NegativeInfinity, -0.0 },
            });

        Assert.Equal("807F", Hex(TensorDatatype.Int8, 2));
        Assert.Equal("80FFFFFF7F000000", Hex(TensorDatatype.Int32, 2));
        Assert.Equal("0000000000000080", Hex(TensorDatatype.Int64, 1));
        Assert.Equal("0000C0FF", Hex(TensorDatatype.Fp32, 1));
        Assert.Equal("000000000000E03F000000000000F0FF0000000000000080", Hex(TensorDatatype.Fp64, 3));
        Rejected(() => Hex(TensorDatatype.Int8, 3), "2 elements in int_contents", "3");
        Rejected(() => Hex(TensorDatatype.Int64, 2), "1 elements in int64_contents", "2");
        Rejected(() => Hex(TensorDatatype.Fp64, 2), "3 elements in fp64_contents", "2");
        foreach (var bad in new[] { 128, -129 })
        {
            Rejected(
                () =>
                    new TypedContents(new InferTensorContents { IntContents = { bad } }).ReadNumbers(
                        "x",
                        TensorDatatype.Int8,
                        [1],
                        1),
                $"'x' holds {bad}; an element of INT8 is a whole number from -128 to 127");
        }

        string Hex(TensorDatatype datatype, long count) =>
            Convert.ToHexString(contents.ReadNumbers("x", datatype, [count], count).Span);
    }

    [Fact]
    public void ADatatypeThatNoModelTakesIsNotReadAsAnother()
    {
        Assert.Throws<UnreachableException>(() => Json("[1]").ReadNumbers("x", TensorDatatype.Bool, [1], 1));
        Assert.Throws<UnreachableException>(() =>
            new TypedContents(new InferTensorContents { UintContents = { 1 } }).ReadNumbers(
                "x",
                TensorDatatype.UInt16,
                [1],
                1));
    }

    [Theory]
    [InlineData("[[1, 2, 3], [4, 5, 6]]")]
    [InlineData("[1, 2, 3, 4, 5, 6]")]
    public void NumbersMayBeFlatOrNestedLikeTheShape(string json) =>
        Assert.Equal(
            (byte[])[1, 2, 3, 4, 5, 6],
            Json(json).ReadNumbers("x", TensorDatatype.UInt8, [2, 3], 6).ToArray());

    [Theory]
    [InlineData("[[1, 2], [3, 4], [5, 6]]")]
    [InlineData("[[[1, 2, 3], [4, 5, 6]]]")]
    [InlineData("[[[1], [2], [3]], [[4], [5], [6]]]")]
    [InlineData("[[1], [2], [3], [4], [5], [6]]")]
    [InlineData("[1, 2, 3, 4, 5, 6, []]")]
    [InlineData("[1, 2, 3, 4, 5, 6, [[]]]")]
    [InlineData("[[1, 2, 3], [4, 5, 6], []]")]
    public void NumbersNestedUnlikeTheShapeAreRejected(string json) =>
        Rejected(() => Json(json).ReadNumbers("x", TensorDatatype.UInt8, [2, 3], 6), "nested");

    [Fact]
    public void SixteenBitFloatsAreOnlyAcceptedInBinary()
    {
        var halves = new byte[] { 0, 0x3c, 0, 0x40 };

        Assert.Equal(halves, new BinaryContents(halves).ReadNumbers("x", TensorDatatype.Fp16, [2], 2).ToArray());
        Rejected(() => new BinaryContents(halves).ReadNumbers("x", TensorDatatype.Fp16, [1], 1), "4 bytes", "2");
        Rejected(() => Json("[1, 2]").ReadNumbers("x", TensorDatatype.Fp16, [2], 2), "FP16", "binary_data_size");
        Rejected(
            () =>
                new TypedContents(new InferTensorContents { Fp32Contents = { 1, 2 } }).ReadNumbers(
                    "x",
                    TensorDatatype.Fp16,
                    [2],
                    2),
            "FP16",
            "raw_input_contents");
    }

    [Fact]
    public void FloatsAreLittleEndian()
    {
        byte[] one = [0, 0, 0x80, 0x3f];

        Assert.Equal(one, Json("[1]").ReadNumbers("x", TensorDatatype.Fp32, [1], 1).ToArray());
        Assert.Equal(
            one,
            new TypedContents(new InferTensorContents { Fp32Contents = { 1 } })
                .ReadNumbers("x", TensorDatatype.Fp32, [1], 1)
                .ToArray());
    }

    [Fact]
    public void AShapeLargerThanItsDataAllocatesNothing()
    {
        const long Count = long.MaxValue / 8;

        Rejected(() => Json("[1, 2]").ReadNumbers("x", TensorDatatype.Fp32, [Count], Count), "fewer");
        Rejected(
            () => new BinaryContents(new byte[8]).ReadNumbers("x", TensorDatatype.Fp32, [Count], Count), "8 bytes");
        Rejected(() => new TypedContents(null).ReadNumbers("x", TensorDatatype.Fp32, [Count], Count), "0 elements");
        Rejected(() => Json("[]").ReadElements("x", [int.MaxValue], int.MaxValue), "fewer");
        Rejected(
            () => new BinaryContents(new byte[] { 0xff, 0xff, 0xff, 0xff, 1 }).ReadElements("x", [1], 1), "beyond");
    }

    [Fact]
    public void ElementsMayBeEmptyAndAreCounted()
    {
        Assert.Equal(
            [0, 3],
            new BinaryContents(TensorElements.Of([], [1, 2, 3]))
                .ReadElements("x", [2], 2)
                .Select(element => element.Length));
        Assert.Equal(
            [0, 3],
            Json("[[\"\"], [\"AQID\"]]").ReadElements("x", [2, 1], 2).Select(element => element.Length));
        Assert.Equal(
            [0, 3],
            new TypedContents(
                new InferTensorContents { BytesContents = { ByteString.Empty, ByteString.CopyFrom(1, 2, 3) } })
                .ReadElements("x", [2], 2)
                .Select(element => element.Length));
        Rejected(
            () =>
                new TypedContents(new InferTensorContents { BytesContents = { ByteString.Empty } }).ReadElements(
                    "x",
                    [2],
                    2),
            "1 elements",
            "2");
    }

    [Fact]
    public void NestingIsBounded() =>
        Assert.ThrowsAny<System.Text.Json.JsonException>(() =>
            Json(new string('[', 100) + new string(']', 100)).ReadNumbers("x", TensorDatatype.Fp32, [1], 1));

    private static TensorDatatype Datatype(string name) => name switch
    {
        "FP32" => TensorDatatype.Fp32,
        "FP64" => TensorDatatype.Fp64,
        "INT8" => TensorDatatype.Int8,
        "INT32" => TensorDatatype.Int32,
        _ => TensorDatatype.Int64,
    };

    private static JsonContents Json(string json) => new(Encoding.UTF8.GetBytes(json));

    private static void Rejected(Action read, params string[] mentions)
    {
        var rejected = Assert.Throws<RequestException>(read);

        Assert.Equal(400, rejected.Problem.Status);
        Assert.All(mentions, mention => Assert.Contains(mention, rejected.Message, StringComparison.Ordinal));
    }
}
