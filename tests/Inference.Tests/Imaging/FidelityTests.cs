using SoftmaxService.Inference.Imaging;
using Xunit.Abstractions;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>
/// The tensors of well-known recipes are those of their makers' pipelines, for every kind of file. The folder
/// References holds the files and what the pipelines make of them; its <c>make.py</c> computed both.
/// </summary>
public sealed class FidelityTests(ITestOutputHelper output)
{
    // In levels. OpenCV's arithmetic in units of 1/2048 differs from ours by 0.11; all others by less than 0.01.
    private const double MaxMean = 0.15;

    // Of the conversion from a tensor back to levels.
    private const double Tolerance = 0.001;

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
            ResizeRounding = ResizeRounding.Nearest,
        },
        ["yolov5"] = ImageNet(Stretched(ImageFilter.Bilinear, 224, 224)) with
        {
            Resize = ResizeMode.Crop,
            Antialias = false,
            CropOffset = CropOffset.Down,
        },
        ["padded"] = ImageNet(Photograph(161, ImageFilter.Bicubic)),
        ["padded-hf"] = ImageNet(Photograph(161, ImageFilter.Bicubic)) with { CropOffset = CropOffset.Down },
        ["box"] = Stretched(ImageFilter.Box, 96, 80),
        ["hamming"] = Stretched(ImageFilter.Hamming, 96, 80),
        ["lanczos"] = Stretched(ImageFilter.Lanczos, 96, 80),
        ["hf-clip"] = Photograph(224, ImageFilter.Bicubic) with
        {
            CropOffset = CropOffset.Down,
            Mean = [0.48145466f, 0.4578275f, 0.40821073f],
            Std = [0.26862954f, 0.26130258f, 0.27577711f],
        },
        ["hf-mobilenet"] = Scaled(Photograph(256, ImageFilter.Bilinear), 1 / 255f, 0.5f, 0.5f) with
        {
            CropOffset = CropOffset.Down,
        },
        ["hf-deit"] = ImageNet(Photograph(256, ImageFilter.Bicubic)) with
        {
            ResizeTo = ResizeTarget.Both(256, 256),
            CropOffset = CropOffset.Down,
        },
        ["hf-siglip"] = Scaled(Stretched(ImageFilter.Bicubic, 224, 224), 1 / 255f, 0.5f, 0.5f),
        ["hf-mobilevit"] = Photograph(288, ImageFilter.Bilinear) with
        {
            Width = 256,
            Height = 256,
            Color = PixelColor.Bgr,
            CropOffset = CropOffset.Down,
        },
        ["hf-efficientnet"] = ImageNet(Stretched(ImageFilter.Nearest, 224, 224)) with
        {
            Std = [0.22900003f, 0.22400001f, 0.22500002f],
        },
        ["teachable-machine"] = Scaled(Stretched(ImageFilter.Lanczos, 224, 224), 1 / 127.5f, 1, 1) with
        {
            Resize = ResizeMode.Crop,
        },
        ["custom-vision"] = Stretched(ImageFilter.Bicubic, 224, 224) with { Color = PixelColor.Bgr, Scale = 1 },
    };

    public static TheoryData<string> Pictures() => [.. MakersTensors.Pictures];

    [Fact]
    public void Recipes_AreThoseOfTheReferences()
    {
        Assert.Equal(MakersTensors.Names.Order(), Recipes.Keys.Order());
        Assert.True(Pictures().Count > 15);
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Preprocess_RecipeOfAMaker_EqualsTheMakersTensor(string picture)
    {
        var tensors = MakersTensors.Of(picture);
        foreach (var (name, recipe) in Recipes)
        {
            var differences = tensors.Differences(name, recipe);
            var mean = differences.Average();
            var outside = differences.Count(difference => difference > 1 + Tolerance) / (double)differences.Length;
            var message = $"{picture}, {name}: mean {mean:F4}, largest {differences.Max():F2}, {outside:P3} beyond 1";
            output.WriteLine(message);
            Assert.True(mean <= MaxMean && outside <= 0.001, message);
        }
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
}
