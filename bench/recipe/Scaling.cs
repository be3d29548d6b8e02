namespace SoftmaxService.RecipeBenchmarks;

/// <summary>
/// How a maker turns a pixel from 0 to 255 into a number: <c>(pixel · Scale − Mean) / Std</c>, by colour in the order
/// red, green, blue. With <paramref name="PerImage"/> the image's own mean and deviation take their place, as in
/// TensorFlow's <c>tf.image.per_image_standardization</c>. <paramref name="Name"/> is its name in the report, and
/// <paramref name="RecipeName"/> that of <c>softmax recipe</c>.
/// </summary>
internal sealed record Scaling(
    string Name, string RecipeName, double Scale, double[] Mean, double[] Std, bool PerImage = false)
{
    private const double Unit = 1 / 255.0;

    public static Scaling ZeroToOne { get; } = new("0…1", "unit", Unit, [0], [1]);

    public static Scaling MinusOneToOne { get; } = new("−1…1", "signed", Unit, [0.5], [0.5]);

    public static Scaling Bytes { get; } = new("0…255", "bytes", 1, [0], [1]);

    /// <summary>The constants of PyTorch's MNIST example.</summary>
    public static Scaling Mnist { get; } = new("MNIST", "mnist", Unit, [0.1307], [0.3081]);

    public static Scaling FashionMnist { get; } = new("FashionMNIST", "fashion-mnist", Unit, [0.2860], [0.3530]);

    /// <summary>torchvision's constants.</summary>
    public static Scaling ImageNet { get; } =
        new("ImageNet", "imagenet", Unit, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    public static Scaling Cifar10 { get; } =
        new("CIFAR-10", "cifar10", Unit, [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]);

    public static Scaling Cifar100 { get; } =
        new("CIFAR-100", "cifar100", Unit, [0.5071, 0.4867, 0.4408], [0.2675, 0.2565, 0.2761]);

    /// <summary>What Keras calls the mode <c>caffe</c>; its colours are in the order blue, green, red.</summary>
    public static Scaling KerasCaffe { get; } =
        new("keras-caffe", "keras-caffe", 1, [123.68, 116.779, 103.939], [1, 1, 1]);

    public static Scaling PerImageStandardization { get; } =
        new("per image", "standardized", 1, [0], [1], PerImage: true);

    /// <summary>Every scaling whose constants are the same for each colour.</summary>
    public static IReadOnlyList<Scaling> Grey { get; } =
        [ZeroToOne, MinusOneToOne, Bytes, Mnist, FashionMnist, PerImageStandardization];

    /// <summary>Every scaling whose constants depend on the colour, except that of Keras.</summary>
    public static IReadOnlyList<Scaling> Colour { get; } = [ImageNet, Cifar10, Cifar100];

    /// <summary>Whether a first layer with the usual initial weights would see numbers that are too large.</summary>
    public bool IsWide => Scale >= 1 && !PerImage;
}
