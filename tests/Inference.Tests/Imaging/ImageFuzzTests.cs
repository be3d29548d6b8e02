using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>The short form of <c>bench/reliability/run images</c>.</summary>
public sealed class ImageFuzzTests
{
    private const int Seed = 11;
    private const int Images = 3_000;

    [Fact]
    public void Preprocess_ImagesMadePartByPart_AreReadOrRejectedTheSameWayTwice()
    {
        var check = new ImageCheck();
        var read = new int[MadeImage.Formats.Count];
        var rejected = new int[MadeImage.Formats.Count];

        for (var number = 0; number < Images; number++)
        {
            var image = MadeImage.Make(Seed, number);
            var outcome = check.Try(number, image.Bytes);
            var again = check.Try(number, image.Bytes);

            Assert.True(outcome.Fault is null, $"{image.Format} {number}: {outcome.Fault}");
            Assert.Equal(outcome, again);
            read[image.FormatIndex] += outcome.Read;
            rejected[image.FormatIndex] += outcome.Rejected;
        }

        // A generator of only noise or only valid files would find little.
        Assert.All(MadeImage.Formats.Index(), format =>
        {
            var total = read[format.Index] + rejected[format.Index];
            Assert.True(read[format.Index] > total / 5, $"{format.Item}: {read[format.Index]} of {total} read");
            Assert.True(rejected[format.Index] > total / 20,
                $"{format.Item}: {rejected[format.Index]} of {total} rejected");
        });
    }

    [Fact]
    public void Make_SameSeedAndNumber_IsTheSameFile()
    {
        Assert.All(Enumerable.Range(0, 200), number =>
            Assert.Equal(MadeImage.Make(seed: 3, number).Bytes, MadeImage.Make(seed: 3, number).Bytes));
        Assert.NotEqual(MadeImage.Make(seed: 3, 0).Bytes, MadeImage.Make(seed: 4, 0).Bytes);
    }

    [Fact]
    public void Make_ManyJpegs_HaveEveryFrame()
    {
        var random = new Random(Seed);
        var markers = new HashSet<byte>();
        for (var i = 0; i < 5_000; i++)
        {
            var jpeg = JpegMaker.Make(random);
            for (var at = jpeg.AsSpan().IndexOf((byte)0xFF); at >= 0 && at < jpeg.Length - 1;)
            {
                markers.Add(jpeg[at + 1]);
                var next = jpeg.AsSpan(at + 1).IndexOf((byte)0xFF);
                at = next < 0 ? -1 : at + 1 + next;
            }
        }

        Assert.All(Enumerable.Range(0xC0, 16), marker => Assert.Contains((byte)marker, markers));
    }
}
