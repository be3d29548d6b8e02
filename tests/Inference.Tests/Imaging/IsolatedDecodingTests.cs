using System.Buffers.Binary;
using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class IsolatedDecodingTests
{
    private const int Width = 45;
    private const int Height = 37;

    private static readonly byte[] Transparent = EncodedImages.Encode(
        Width, Height, (x, y) => EncodedImages.Colorful(x, y).WithAlpha((byte)(7 * x)), alpha: SKAlphaType.Unpremul);

    public static TheoryData<string, byte[]> Files => new()
    {
        { "PNG", EncodedImages.Encode(Width, Height, EncodedImages.Colorful) },
        { "transparent PNG", Transparent },
        { "interlaced PNG", EncodedImages.InterlacedPng(Width, Height, EncodedImages.Colorful) },
        { "grey PNG", EncodedImages.Png(2, 1, 8, 0, [3, 200]) },
        { "JPEG", EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90) },
        {
            "large JPEG", EncodedImages.Encode(
                2048, 1024, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90)
        },
        {
            "turned JPEG", EncodedImages.WithExifOrientation(
                EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90), 6)
        },
        { "progressive JPEG", EncodedImages.ProgressiveJpeg },
        { "CMYK JPEG", EncodedImages.CmykJpeg },
        { "WebP", EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Webp) },
        { "GIF", EncodedImages.Gif(9, 7, [SKColors.Red, SKColors.Lime], (x, y) => (x + y) % 2) },
        { "BMP", EncodedImages.Bmp(Width, Height, EncodedImages.Colorful) },
        { "ICO", EncodedImages.Icon((16, SKColors.Red), (32, new SKColor(10, 20, 30, 40))) },
        { "large PNG", EncodedImages.Encode(1024, 1100, EncodedImages.Colorful) },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Decode_EveryFormat_GivesTheSamePicture(string name, byte[] file)
    {
        var header = ImageHeader.Read(file, ImagePreprocessor.DefaultMaxPixels);
        using var expected = ImageDecoder.Decode(file, header, 300, 150);

        using var picture = IsolatedDecoding.Decode(new ServedHere(), file, header, 300, 150, CancellationToken.None);

        Assert.Equal(
            (name, expected.Width, expected.Height, expected.Channels, expected.IsOpaque, expected.Origin),
            (name, picture.Width, picture.Height, picture.Channels, picture.IsOpaque, picture.Origin));
        Assert.True(expected.Pixels.SequenceEqual(picture.Pixels));
    }

    [Fact]
    public void Decode_DamagedData_SaysTheSame()
    {
        var file = EncodedImages.EmptyPng(5, 5);
        var header = ImageHeader.Read(file, ImagePreprocessor.DefaultMaxPixels);
        var expected = Assert.Throws<InferenceException>(() => ImageDecoder.Decode(file, header, 1, 1));
        var pool = new ServedHere();

        var fault = Assert.Throws<InferenceException>(
            () => IsolatedDecoding.Decode(pool, file, header, 1, 1, CancellationToken.None));

        Assert.Equal((expected.Error, expected.Message), (fault.Error, fault.Message));
        Assert.True(pool.IsComplete); // the process may go on
    }

    /// <summary>Message length, error, width, height, channels, whether it is opaque.</summary>
    [Theory]
    [InlineData(0, 0, 0, 1, 4, 1)]
    [InlineData(0, 0, 1, -1, 4, 1)]
    [InlineData(0, 0, Width, Height, 3, 1)]
    [InlineData(0, 0, Width + 1, 1, 4, 1)]
    [InlineData(0, 0, 1, Height + 1, 4, 1)]
    [InlineData(0, 0, int.MaxValue, int.MaxValue, 4, 1)]
    [InlineData(-1, 2, 0, 0, 0, 0)]
    [InlineData(100_000, 2, 0, 0, 0, 0)]
    [InlineData(5, 4, 0, 0, 0, 0)]
    public void Decode_SenselessAnswer_EndsTheProcess(params int[] answer)
    {
        var bytes = new byte[100_000];
        for (var i = 0; i < answer.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int) * i), answer[i]);
        }

        AssertEndsTheProcess(bytes, "senseless");
    }

    [Fact]
    public void Decode_MoreThanAReducedJpegHas_EndsTheProcess()
    {
        const int Side = 512;
        var file = EncodedImages.Encode(Side, Side, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90);
        var answer = new byte[sizeof(int) * (6 + (Side * Side))]; // were it believed, nothing would be missing
        int[] head = [0, 0, Side, Side, 4, 1];
        Buffer.BlockCopy(head, 0, answer, 0, sizeof(int) * head.Length);

        AssertEndsTheProcess(answer, "senseless", file);
    }

    [Fact]
    public void Decode_NoAnswer_SaysWhatEndedTheProcess()
    {
        AssertEndsTheProcess([], "ended with a test");
        AssertEndsTheProcess(new byte[7], "ended with a test");
    }

    private static void AssertEndsTheProcess(byte[] answer, string mention, byte[]? image = null)
    {
        var file = image ?? EncodedImages.Encode(Width, Height, EncodedImages.Colorful);
        var header = ImageHeader.Read(file, ImagePreprocessor.DefaultMaxPixels);
        var pool = new ServedHere { Answers = new MemoryStream(answer) };

        var fault = Assert.Throws<InferenceException>(
            () => IsolatedDecoding.Decode(pool, file, header, 1, 1, CancellationToken.None));

        Assert.Equal(InferenceError.ImageUndecodable, fault.Error);
        Assert.Contains(mention, fault.Message, StringComparison.Ordinal);
        Assert.False(pool.IsComplete);
    }

    /// <summary>
    /// Serves what was requested when its answer is read. The tests of the service have real processes.
    /// </summary>
    private sealed class ServedHere : IDecoderPool, IDecoderLease
    {
        private readonly MemoryStream _requests = new();

        public bool IsComplete { get; private set; }

        public Stream Requests => _requests;

        public Stream Answers
        {
            get => field ??= Serve();
            init;
        }

        public IDecoderLease Rent(CancellationToken cancellationToken) => this;

        public void Complete() => IsComplete = true;

        public string DescribeEnd() => "a test";

        public void Dispose()
        {
        }

        private MemoryStream Serve()
        {
            _requests.Position = 0;
            var answers = new MemoryStream();
            IsolatedDecoding.Serve(_requests, answers, _ => { });
            answers.Position = 0;
            return answers;
        }
    }
}
