using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using SoftmaxService.Inference.Imaging;
using Xunit.Abstractions;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>
/// The tensors of well-known recipes are those of their makers' pipelines, for every kind of file. The folder
/// References holds the files and what the pipelines make of them; its <c>make.py</c> computed both.
/// </summary>
public sealed class FidelityTests(ITestOutputHelper output)
{
    private const string Folder = "tests/Inference.Tests/Imaging/References/";

    // In levels. OpenCV's arithmetic in units of 1/2048 differs from ours by 0.11; all others by less than 0.01.
    private const double MaxMean = 0.15;

    // Of the conversion from a tensor back to levels.
    private const double Tolerance = 0.001;

    private static readonly Reference[] References = JsonSerializer.Deserialize<Reference[]>(
        Repository.ReadText(Folder + "recipes.json"), JsonSerializerOptions.Web)!;

    // As a model's manifest would say it. The maker's scaling in recipes.json is written as its own code writes it.
    private static readonly Dictionary<string, ImageInput> Recipes = new()
    {
        ["torchvision"] = ImageNet(Photograph(256, ImageFilter.Bilinear)),
        ["timm-0.875"] = ImageNet(Photograph(256, ImageFilter.Bicubic)),
        ["timm-0.95"] = ImageNet(Photograph(235, ImageFilter.Bicubic)),
        ["timm-1.0"] = ImageNet(Photograph(224, ImageFilter.Bicubic)),
        ["keras-tf"] = Scaled(Stretched(ImageFilter.Nearest, 224, 224), 1 / 127.5f, 1, 1),
        ["keras-caffe"] = Stretched(ImageFilter.Nearest, 224, 224) with
        {
            Color = PixelColor.Bgr,
            Scale = 1,
            Mean = [103.939f, 116.779f, 123.68f],
        },
        ["keras-torch"] = ImageNet(Stretched(ImageFilter.Nearest, 224, 224)),
        ["ultralytics"] = Photograph(224, ImageFilter.Bilinear),
        ["clip"] = Photograph(224, ImageFilter.Bicubic) with
        {
            Mean = [0.48145466f, 0.4578275f, 0.40821073f],
            Std = [0.26862954f, 0.26130258f, 0.27577711f],
        },
        ["hf-vit"] = Scaled(Stretched(ImageFilter.Bilinear, 224, 224), 1 / 255f, 0.5f, 0.5f) with
        {
            CropOffset = CropOffset.Down,
        },
        ["hf-convnext"] = ImageNet(Photograph(256, ImageFilter.Bicubic)) with { CropOffset = CropOffset.Down },
        ["mnist"] = Stretched(ImageFilter.Bilinear, 28, 28) with
        {
            Channels = 1,
            Color = PixelColor.Gray,
            Mean = [0],
            Std = [1],
        },
        ["tensorflow"] = Scaled(Stretched(ImageFilter.Bilinear, 224, 224), 1 / 127.5f, 1, 1) with
        {
            Antialias = false,
            Round = false,
        },
        ["mmpretrain"] = ImageNet(Photograph(256, ImageFilter.Bilinear)) with { Antialias = false },
        ["paddleclas"] = ImageNet(Photograph(256, ImageFilter.Bilinear)) with
        {
            Antialias = false,
            CropOffset = CropOffset.Down,
        },
        ["padded"] = ImageNet(Photograph(161, ImageFilter.Bicubic)),
        ["padded-hf"] = ImageNet(Photograph(161, ImageFilter.Bicubic)) with { CropOffset = CropOffset.Down },
        ["box"] = Stretched(ImageFilter.Box, 96, 80),
        ["hamming"] = Stretched(ImageFilter.Hamming, 96, 80),
        ["lanczos"] = Stretched(ImageFilter.Lanczos, 96, 80),
    };

    public static TheoryData<string> Pictures() =>
    [
        .. Directory.EnumerateFiles(Repository.PathOf(Folder), "*.gz")
            .Select(file => Path.GetFileName(file)[..^".levels.gz".Length])
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Recipes_AreThoseOfTheReferences()
    {
        Assert.Equal(References.Select(reference => reference.Name).Order(), Recipes.Keys.Order());
        Assert.True(Pictures().Count > 15);
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Preprocess_RecipeOfAMaker_EqualsTheMakersTensor(string picture)
    {
        var encoded = File.ReadAllBytes(Repository.PathOf(Folder + picture));
        ReadOnlySpan<byte> rest = Inflate(File.ReadAllBytes(Repository.PathOf($"{Folder}{picture}.levels.gz")));
        foreach (var reference in References)
        {
            var recipe = Recipes[reference.Name];
            var differences = Differences(recipe, reference, PlainPixels.Run(recipe, encoded), ref rest);
            if (reference.Name == "paddleclas" && RoundsTheLongerSideUp(encoded))
            {
                continue;
            }

            var mean = differences.Average();
            var outside = differences.Count(difference => difference > 1 + Tolerance) / (double)differences.Length;
            var message =
                $"{picture}, {reference.Name}: mean {mean:F4}, largest {differences.Max():F2}, {outside:P3} beyond 1";
            output.WriteLine(message);
            Assert.True(mean <= MaxMean && outside <= 0.001, message);
        }

        Assert.Equal(0, rest.Length);
    }

    /// <summary>In levels of 0…255, by the maker's scaling.</summary>
    private static double[] Differences(
        ImageInput recipe, Reference reference, float[] tensor, ref ReadOnlySpan<byte> levels)
    {
        var count = (recipe.ElementCount + reference.Step - 1) / reference.Step;
        var differences = new double[count];
        for (var i = 0; i < count; i++)
        {
            var (pixel, channel) = Math.DivRem(i * reference.Step, recipe.Channels);
            var value = tensor[(channel * recipe.Height * recipe.Width) + pixel];
            var (black, white) = (reference.Black[channel], reference.White[channel]);
            var expected = reference.Bytes == 1
                ? levels[i]
                : BinaryPrimitives.ReadUInt16LittleEndian(levels[(2 * i)..]) / 256.0;
            differences[i] = Math.Abs((255 * (value - black) / (white - black)) - expected);
        }

        levels = levels[(count * reference.Bytes)..];
        return differences;
    }

    // PaddleClas rounds the longer side, where all others round it down. A manifest cannot say so.
    private static bool RoundsTheLongerSideUp(byte[] encoded)
    {
        var header = ImageHeader.Read(encoded, ImagePreprocessor.DefaultMaxPixels);
        var (shorter, longer) = (Math.Min(header.Width, header.Height), Math.Max(header.Width, header.Height));
        return (int)Math.Round(256.0 / shorter * longer) != 256 * longer / shorter;
    }

    private static byte[] Inflate(byte[] zipped)
    {
        using var stream = new GZipStream(new MemoryStream(zipped), CompressionMode.Decompress);
        var inflated = new MemoryStream();
        stream.CopyTo(inflated);
        return inflated.ToArray();
    }

    private static ImageInput Photograph(int shorterSide, ImageFilter filter) =>
        Stretched(filter, 224, 224) with { Resize = ResizeMode.Crop, ResizeTo = ResizeTarget.Shorter(shorterSide) };

    private static ImageInput Stretched(ImageFilter filter, int width, int height) =>
        PlainPixels.Photograph(width, height, layout: TensorLayout.ChannelsFirst) with
        {
            Scale = 1 / 255f,
            Filter = filter,
            Round = true,
        };

    private static ImageInput Scaled(ImageInput input, float scale, float mean, float std) =>
        input with { Scale = scale, Mean = [mean, mean, mean], Std = [std, std, std] };

    private static ImageInput ImageNet(ImageInput input) =>
        input with { Mean = [0.485f, 0.456f, 0.406f], Std = [0.229f, 0.224f, 0.225f] };

    /// <summary>A recipe of recipes.json.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Step">Every how many elements one is kept.</param>
    /// <param name="Bytes">Bytes per element; of two, the unit is 1/256 of a level.</param>
    /// <param name="Black">The tensor's value for a black pixel, by channel.</param>
    /// <param name="White">The tensor's value for a white pixel, by channel.</param>
    private sealed record Reference(string Name, int Step, int Bytes, double[] Black, double[] White);
}
