using System.Runtime.InteropServices;
using System.Text;
using SkiaSharp;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Decodes images in other processes. A process reads a <see cref="Request"/> and the file, and writes an
/// <see cref="Answer"/> and the pixels, or the sentence that says why there are none.
/// </summary>
public static class IsolatedDecoding
{
    private const int LongestMessage = 4096;

    // Files up to this length share a buffer. Most are shorter.
    private const int SharedBytes = 1 << 20;

    // A span cannot be longer than 2 GiB, a picture can.
    private const int MostAtOnce = 64 << 20;

    /// <summary>Decodes one image after the other, until nobody asks for more.</summary>
    /// <param name="requests">What <see cref="IDecoderLease.Requests"/> writes.</param>
    /// <param name="answers">What <see cref="IDecoderLease.Answers"/> reads.</param>
    /// <param name="begin">Called before each image, with how long decoding it takes at most.</param>
    public static void Serve(Stream requests, Stream answers, Action<TimeSpan> begin)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(begin);

        var shared = new byte[SharedBytes];
        Request request = default;
        while (requests.ReadAtLeast(BytesOf(ref request), 1, throwOnEndOfStream: false) is var read and > 0)
        {
            requests.ReadExactly(BytesOf(ref request)[read..]);
            var file = request.Length <= SharedBytes ? shared.AsSpan(0, request.Length) : new byte[request.Length];
            requests.ReadExactly(file);
            AnswerTo(request, file, answers, begin);
            answers.Flush();
        }
    }

    /// <inheritdoc cref="ImageDecoder.Decode(ReadOnlySpan{byte}, in ImageHeader, int, int)"/>
    internal static PixelBuffer Decode(
        IDecoderPool pool,
        ReadOnlySpan<byte> encoded,
        in ImageHeader header,
        int minWidth,
        int minHeight,
        CancellationToken cancellationToken)
    {
        using var decoder = pool.Rent(cancellationToken);
        try
        {
            var request = Request.For(encoded, header, minWidth, minHeight);
            decoder.Requests.Write(BytesOf(ref request));
            decoder.Requests.Write(encoded);
            decoder.Requests.Flush();
            var (picture, fault) = Receive(decoder.Answers, header, minWidth, minHeight);
            decoder.Complete();
            return picture ?? throw fault!; // there is one of the two
        }
        catch (IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ImageRejection.Undecodable(
                header.Format, $"the process that decoded it ended with {decoder.DescribeEnd()}");
        }
        catch (InvalidDataException)
        {
            throw ImageRejection.Undecodable(header.Format, "the process that decoded it gave a senseless answer");
        }
    }

    private static void AnswerTo(in Request request, ReadOnlySpan<byte> file, Stream answers, Action<TimeSpan> begin)
    {
        Answer answer;
        try
        {
            begin(TimeSpan.FromMilliseconds(request.Milliseconds));
            using var picture = ImageDecoder.Decode(file, request.Header, request.MinWidth, request.MinHeight);
            answer = new Answer(0, 0, picture.Width, picture.Height, picture.Channels, picture.IsOpaque ? 1 : 0);
            answers.Write(BytesOf(ref answer));
            for (var (y, rows) = (0, RowsAtOnce(picture)); y < picture.Height; y += rows)
            {
                answers.Write(picture.Rows(y, rows));
            }
        }
        catch (InferenceException fault)
        {
            var message = Encoding.UTF8.GetBytes(fault.Message);
            answer = new Answer(message.Length, (int)fault.Error, 0, 0, 0, 0);
            answers.Write(BytesOf(ref answer));
            answers.Write(message);
        }
    }

    /// <summary>Reads an answer, of which nothing is taken for granted.</summary>
    private static (PixelBuffer? Picture, InferenceException? Fault) Receive(
        Stream answers, in ImageHeader header, int minWidth, int minHeight)
    {
        Answer answer = default;
        answers.ReadExactly(BytesOf(ref answer));
        if (answer.MessageLength != 0)
        {
            return (null, ReceiveFault(answers, answer));
        }

        var (width, height) = (answer.Width, answer.Height);
        if (width < 1 || height < 1 || width > header.Width || height > header.Height || answer.Channels is not (1 or 4)
            || sizeof(uint) * (long)width * height > ImageDecoder.PixelBytesOf(header, minWidth, minHeight))
        {
            throw new InvalidDataException();
        }

        var picture = new PixelBuffer(width, height, answer.Channels, answer.IsOpaque != 0, header.Origin);
        try
        {
            for (var (y, rows) = (0, RowsAtOnce(picture)); y < height; y += rows)
            {
                answers.ReadExactly(picture.Rows(y, rows));
            }

            return (picture, null);
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    private static InferenceException ReceiveFault(Stream answers, in Answer answer)
    {
        var error = (InferenceError)answer.Error;
        if (answer.MessageLength is < 0 or > LongestMessage
            || error is not (InferenceError.ImageUndecodable or InferenceError.ImageTooLarge))
        {
            throw new InvalidDataException();
        }

        var message = new byte[answer.MessageLength];
        answers.ReadExactly(message);
        return new InferenceException(error, Encoding.UTF8.GetString(message));
    }

    private static int IndexOf(ImageFormat format)
    {
        var index = 0;
        while (ImageFormats.All[index] != format)
        {
            index++;
        }

        return index;
    }

    private static int RowsAtOnce(PixelBuffer picture) => Math.Max(1, MostAtOnce / picture.RowLength);

    private static Span<byte> BytesOf<T>(ref T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref value));

    /// <summary>What is to be decoded. The header is not read again, which takes long for a large file.</summary>
    private readonly record struct Request(
        int Length, int Format, int Width, int Height, IconPicture Icon, int MinWidth, int MinHeight,
        double Milliseconds)
    {
        /// <summary>The header without its orientation, which the decoder passes on.</summary>
        public ImageHeader Header =>
            new(ImageFormats.All[Format], Width, Height, SKEncodedOrigin.TopLeft, Icon);

        public static Request For(ReadOnlySpan<byte> encoded, in ImageHeader header, int minWidth, int minHeight)
        {
            var drawn = ImageDecoder.PixelBytesOf(header, minWidth, minHeight) / sizeof(uint);
            return new Request(
                encoded.Length, IndexOf(header.Format), header.Width, header.Height,
                header.IconPicture, minWidth, minHeight,
                header.Cost.Milliseconds + DecodeCost.MillisecondsToDrawJpeg(drawn));
        }
    }

    private readonly record struct Answer(
        int MessageLength, int Error, int Width, int Height, int Channels, int IsOpaque);
}
