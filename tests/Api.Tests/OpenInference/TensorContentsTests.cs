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
            Refused(() => Json($"[{bad}]").ReadNumbers("x", TensorDatatype.UInt8, [1], 1), "UINT8");
        }

        Refused(
            () =>
                new TypedContents(new InferTensorContents { UintContents = { 256 } }).ReadNumbers(
                    "x",
                    TensorDatatype.UInt8,
                    [1],
                    1),
            "256");
        Refused(
            () =>
                new TypedContents(new InferTensorContents { IntContents = { 1 } }).ReadNumbers(
                    "x",
                    TensorDatatype.UInt8,
                    [1],
                    1),
            "uint_contents");
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
        Refused(() => Json(json).ReadNumbers("x", TensorDatatype.UInt8, [2, 3], 6), "nested");

    [Fact]
    public void SixteenBitFloatsAreOnlyAcceptedInBinary()
    {
        var halves = new byte[] { 0, 0x3c, 0, 0x40 };

        Assert.Equal(halves, new BinaryContents(halves).ReadNumbers("x", TensorDatatype.Fp16, [2], 2).ToArray());
        Refused(() => new BinaryContents(halves).ReadNumbers("x", TensorDatatype.Fp16, [1], 1), "4 bytes", "2");
        Refused(() => Json("[1, 2]").ReadNumbers("x", TensorDatatype.Fp16, [2], 2), "FP16", "binary_data_size");
        Refused(
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

        Refused(() => Json("[1, 2]").ReadNumbers("x", TensorDatatype.Fp32, [Count], Count), "fewer");
        Refused(() => new BinaryContents(new byte[8]).ReadNumbers("x", TensorDatatype.Fp32, [Count], Count), "8 bytes");
        Refused(() => new TypedContents(null).ReadNumbers("x", TensorDatatype.Fp32, [Count], Count), "0 elements");
        Refused(() => Json("[]").ReadElements("x", [int.MaxValue], int.MaxValue), "fewer");
        Refused(() => new BinaryContents(new byte[] { 0xff, 0xff, 0xff, 0xff, 1 }).ReadElements("x", [1], 1), "beyond");
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
        Refused(
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

    private static JsonContents Json(string json) => new(Encoding.UTF8.GetBytes(json));

    private static void Refused(Action read, params string[] mentions)
    {
        var refused = Assert.Throws<RequestException>(read);

        Assert.Equal(400, refused.Problem.Status);
        Assert.All(mentions, mention => Assert.Contains(mention, refused.Message, StringComparison.Ordinal));
    }
}
