using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Tests.Wire;

/// <summary>A body is whole, however large it is and however it arrives.</summary>
public sealed class PooledBodyTests
{
    private const int Part = 256 * 1024;

    public static TheoryData<int> Lengths =>
        [0, 1, 4095, 4096, 4097, Part - 1, Part, Part + 1, (5 * Part) - 1, 5 * Part];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task EveryByteIsKept(int length)
    {
        var bytes = Random(length);
        foreach (var declared in (long?[])[length, null, 1, long.MaxValue])
        {
            using var stream = new MemoryStream(bytes);
            using var body = await PooledBody.ReadAsync(stream, declared, CancellationToken.None);

            Assert.Equal(bytes, body.Memory);
            Assert.True(body.Span.SequenceEqual(bytes));
            await using var reader = body.OpenRead();
            Assert.Equal(length, reader.Length);
        }
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(2 * Part)]
    [InlineData((2 * Part) + 100)]
    public void ABodyMayBeFilledInTwoSteps(int first)
    {
        var bytes = Random(1_000_000);
        using var stream = new MemoryStream(bytes);
        using var body = new PooledBody();

        Assert.False(body.Fill(stream, first, CancellationToken.None));
        Assert.Equal(first, stream.Position);
        Assert.True(body.Fill(stream, int.MaxValue, CancellationToken.None));
        Assert.Equal(bytes, body.Memory);
    }

    private static byte[] Random(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
