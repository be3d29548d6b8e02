using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Recipes;

/// <summary>
/// The named recipes. Their numbers are constants of the libraries and data sets, and the source of each is named.
/// </summary>
internal static class RecipeCatalog
{
    private const double ImageNetCrop = 0.875;

    private const string TorchvisionPresets =
        "https://github.com/pytorch/vision/blob/main/torchvision/transforms/_presets.py (ImageClassification)";

    private const string KerasUtils =
        "https://github.com/keras-team/keras/blob/master/keras/src/applications/imagenet_utils.py (preprocess_input)";

    private static readonly PixelScaling ImageNet =
        PixelScaling.OfUnit([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    private static readonly PixelScaling Signed = new(1 / 127.5, [1f], [1f]);

    private static readonly PixelScaling Unit = PixelScaling.OfUnit([0f], [1f]);

    // load_img resizes by Pillow's nearest.
    private static readonly ManifestInput Keras = new()
    {
        Resize = ResizeMode.Stretch,
        Filter = ImageFilter.Nearest,
        Antialias = true,
        Round = true,
    };

    /// <summary>All of them, the best known first.</summary>
    public static IReadOnlyList<NamedRecipe> All { get; } =
    [
        new("torchvision", "ImageNet's mean and deviation, 256 → 224", TorchvisionPresets, ImageNet)
        {
            Color = PixelColor.Rgb,
            Framing = CropOf(ImageFilter.Bilinear),
            CropShare = ImageNetCrop,
        },
        new(
            "timm",
            "ImageNet's mean and deviation, 256 → 224, bicubic",
            "https://github.com/huggingface/pytorch-image-models/blob/main/timm/data/config.py and constants.py",
            ImageNet)
        {
            Color = PixelColor.Rgb,
            Framing = CropOf(ImageFilter.Bicubic),
            CropShare = ImageNetCrop,
        },
        new("keras-tf", "from −1 to 1", $"{KerasUtils}, mode \"tf\"", Signed)
        {
            Color = PixelColor.Rgb,
            Framing = Keras,
        },
        new(
            "keras-caffe",
            "BGR from 0 to 255, less ImageNet's means",
            $"{KerasUtils}, mode \"caffe\"",
            new PixelScaling(1, [103.939f, 116.779f, 123.68f], [1f, 1f, 1f]))
        {
            Color = PixelColor.Bgr,
            Framing = Keras,
        },
        new("keras-torch", "ImageNet's mean and deviation", $"{KerasUtils}, mode \"torch\"", ImageNet)
        {
            Color = PixelColor.Rgb,
            Framing = Keras,
        },
        new(
            "ultralytics",
            "from 0 to 1, the centre",
            "https://github.com/ultralytics/ultralytics/blob/main/ultralytics/data/augment.py (classify_transforms)",
            Unit)
        {
            Color = PixelColor.Rgb,
            Framing = CropOf(ImageFilter.Bilinear),
            CropShare = 1,
        },
        new(
            "clip",
            "CLIP's mean and deviation, the centre, bicubic",
            "https://github.com/openai/CLIP/blob/main/clip/clip.py (_transform)",
            PixelScaling.OfUnit([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]))
        {
            Color = PixelColor.Rgb,
            Framing = CropOf(ImageFilter.Bicubic),
            CropShare = 1,
        },
        new(
            "mnist",
            "MNIST's mean and deviation",
            "https://github.com/pytorch/examples/blob/main/mnist/main.py",
            PixelScaling.OfUnit([0.1307f], [0.3081f])),
        new(
            "fashion-mnist",
            "FashionMNIST's mean and deviation",
            "mean and deviation of the training images, https://github.com/zalandoresearch/fashion-mnist",
            PixelScaling.OfUnit([0.2860f], [0.3530f])),
        new(
            "cifar10",
            "CIFAR-10's mean and deviation",
            "mean and deviation of the training images, https://www.cs.toronto.edu/~kriz/cifar.html",
            PixelScaling.OfUnit([0.4914f, 0.4822f, 0.4465f], [0.2470f, 0.2435f, 0.2616f]))
        {
            Color = PixelColor.Rgb,
        },
        new(
            "pytorch-cifar",
            "CIFAR-10's mean and the mean deviation of an image",
            "https://github.com/kuangliu/pytorch-cifar/blob/master/main.py",
            PixelScaling.OfUnit([0.4914f, 0.4822f, 0.4465f], [0.2023f, 0.1994f, 0.2010f]))
        {
            Color = PixelColor.Rgb,
        },
        new(
            "cifar100",
            "CIFAR-100's mean and deviation",
            "mean and deviation of the training images, https://www.cs.toronto.edu/~kriz/cifar.html",
            PixelScaling.OfUnit([0.5071f, 0.4865f, 0.4409f], [0.2673f, 0.2564f, 0.2762f]))
        {
            Color = PixelColor.Rgb,
        },
        new("unit", "from 0 to 1", "torchvision's ToTensor, Keras' Rescaling(1/255)", Unit),
        new("signed", "from −1 to 1", "torchvision's Normalize(0.5, 0.5), Keras' Rescaling(1/127.5, −1)", Signed),
        new("bytes", "from 0 to 255", "Keras' EfficientNet, OpenCV's images", new PixelScaling(1, [0f], [1f])),
        new(
            "standardized",
            "each image to mean 0 and deviation 1",
            "https://www.tensorflow.org/api_docs/python/tf/image/per_image_standardization",
            new PixelScaling(1, [0f], [1f]) { Standardize = true }),
    ];

    /// <summary>The names, for help and for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(recipe => recipe.Name));

    /// <summary>The recipe of a name; null where there is none.</summary>
    public static NamedRecipe? Find(string name) => All.FirstOrDefault(recipe => recipe.Name == name);

    private static ManifestInput CropOf(ImageFilter filter) => new()
    {
        Resize = ResizeMode.Crop,
        CropOffset = CropOffset.Even,
        Filter = filter,
        Antialias = true,
        Round = true,
    };
}
