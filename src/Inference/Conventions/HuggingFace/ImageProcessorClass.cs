using System.Text;
using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions.HuggingFace;

/// <summary>What a class of image processors does that its file does not say.</summary>
internal enum ProcessorKind
{
    /// <summary>Resize, crop, rescale, normalize.</summary>
    Plain,

    /// <summary>Crops only below 384 pixels, by <c>crop_pct</c>.</summary>
    ConvNext,

    /// <summary>Normalizes twice, the second time with a mean of 0.</summary>
    EfficientNet,

    /// <summary>Resizes to 256/224 of the size.</summary>
    Levit,

    /// <summary>Crops a part of the original, and resizes that.</summary>
    Perceiver,

    /// <summary>Resizes to <c>size / crop_pct</c>.</summary>
    PoolFormer,
}

/// <summary>
/// A class of image processors of transformers with its defaults, as its source gives them:
/// https://github.com/huggingface/transformers/tree/main/src/transformers/models (image_processing_*.py). Where the
/// fast and the slow class differ, these are the slow one's.
/// </summary>
/// <param name="Name">The class's name without <c>ImageProcessor</c>.</param>
/// <param name="Kind">What it does.</param>
/// <param name="IsSquare">Whether a size that is a number means both sides; otherwise it is the shorter one.</param>
/// <param name="Defaults">The fields that a file may leave out.</param>
internal sealed record ImageProcessorClass(string Name, ProcessorKind Kind, bool IsSquare, DataNode Defaults)
{
    private const string Half = """ "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5] """;

    private const string ImageNet =
        """ "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225] """;

    private const string Clip = """
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]
        """;

    private const string Both224 = """ "size": {"height": 224, "width": 224} """;

    private const string Shorter224 = """ "size": {"shortest_edge": 224} """;

    private const string Crop224 = """ "do_center_crop": true, "crop_size": {"height": 224, "width": 224} """;

    private static readonly ImageProcessorClass[] All =
    [
        Square("Beit", $$""" "size": 256, "resample": 3, {{Crop224}}, {{Half}} """),
        Shorter("Bit", $$""" {{Shorter224}}, "resample": 3, {{Crop224}}, "do_convert_rgb": true, {{Clip}} """),
        Shorter("CLIP", $$""" {{Shorter224}}, "resample": 3, {{Crop224}}, "do_convert_rgb": true, {{Clip}} """),
        Shorter(
            "ConvNext",
            $$""" "size": {"shortest_edge": 384}, "crop_pct": 0.875, "resample": 3, {{Half}} """,
            ProcessorKind.ConvNext),
        Square("DeiT", $$""" "size": {"height": 256, "width": 256}, "resample": 3, {{Crop224}}, {{Half}} """),
        Square("EfficientFormer", $$""" {{Both224}}, "resample": 3, {{Crop224}}, {{ImageNet}} """),
        Square(
            "EfficientNet",
            $$"""
            "size": {"height": 346, "width": 346}, "resample": 0, "do_center_crop": false,
            "crop_size": {"height": 289, "width": 289}, "rescale_offset": false, "include_top": true, {{Half}}
            """,
            ProcessorKind.EfficientNet),
        Square(
            "LayoutLMv2",
            $$"""
            {{Both224}}, "resample": 2, "do_rescale": false, "do_normalize": false, "do_flip_channel_order": true
            """),
        Square("LayoutLMv3", $$""" {{Both224}}, "resample": 2, {{Half}} """),
        Shorter("Levit", $$""" {{Shorter224}}, "resample": 3, {{Crop224}}, {{ImageNet}} """, ProcessorKind.Levit),
        Shorter(
            "MobileNetV1",
            $$""" "size": {"shortest_edge": 256}, "resample": 2, {{Crop224}}, {{Half}} """),
        Shorter(
            "MobileNetV2",
            $$""" "size": {"shortest_edge": 256}, "resample": 2, {{Crop224}}, {{Half}} """),
        Shorter(
            "MobileViT",
            """
            "size": {"shortest_edge": 224}, "resample": 2, "do_center_crop": true,
            "crop_size": {"height": 256, "width": 256}, "do_normalize": false, "do_flip_channel_order": true
            """),
        Square(
            "Perceiver",
            $$"""
            {{Both224}}, "resample": 3, "do_center_crop": true, "crop_size": {"height": 256, "width": 256}, {{ImageNet}}
            """,
            ProcessorKind.Perceiver),
        Shorter(
            "PoolFormer",
            $$""" {{Shorter224}}, "crop_pct": 0.9, "resample": 3, {{Crop224}}, {{ImageNet}} """,
            ProcessorKind.PoolFormer),
        Square("Siglip", $$""" {{Both224}}, "resample": 3, {{Half}} """),
        Square("ViT", $$""" {{Both224}}, "resample": 2, {{Half}} """),
    ];

    // The classes that AutoImageProcessor chooses by config.json's model_type (image_processing_auto.py).
    private static readonly Dictionary<string, string> ByModel = new(StringComparer.Ordinal)
    {
        ["beit"] = "Beit",
        ["bit"] = "Bit",
        ["clip"] = "CLIP",
        ["convnext"] = "ConvNext",
        ["convnextv2"] = "ConvNext",
        ["cvt"] = "ConvNext",
        ["data2vec-vision"] = "Beit",
        ["deit"] = "DeiT",
        ["dinov2"] = "Bit",
        ["efficientformer"] = "EfficientFormer",
        ["efficientnet"] = "EfficientNet",
        ["focalnet"] = "Bit",
        ["levit"] = "Levit",
        ["mobilenet_v1"] = "MobileNetV1",
        ["mobilenet_v2"] = "MobileNetV2",
        ["mobilevit"] = "MobileViT",
        ["mobilevitv2"] = "MobileViT",
        ["perceiver"] = "Perceiver",
        ["poolformer"] = "PoolFormer",
        ["regnet"] = "ConvNext",
        ["resnet"] = "ConvNext",
        ["siglip"] = "Siglip",
        ["swiftformer"] = "ViT",
        ["swin"] = "ViT",
        ["swinv2"] = "ViT",
        ["van"] = "ConvNext",
        ["vit"] = "ViT",
        ["vit_msn"] = "ViT",
    };

    /// <summary>The class of a name such as <c>ViTFeatureExtractor</c> or <c>ViTImageProcessorFast</c>.</summary>
    public static ImageProcessorClass? Named(string name)
    {
        foreach (var ending in (string[])["Fast", "Pil", "ImageProcessor", "FeatureExtractor"])
        {
            name = name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] : name;
        }

        return Array.Find(All, one => string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The class that images of a kind of model are prepared with.</summary>
    public static ImageProcessorClass? OfModel(string modelType) =>
        ByModel.TryGetValue(modelType, out var name) ? Named(name) : null;

    private static ImageProcessorClass Square(
        string name, string defaults, ProcessorKind kind = ProcessorKind.Plain) =>
        new(name, kind, IsSquare: true, Parse(defaults));

    private static ImageProcessorClass Shorter(
        string name, string defaults, ProcessorKind kind = ProcessorKind.Plain) =>
        new(name, kind, IsSquare: false, Parse(defaults));

    private static DataNode Parse(string defaults)
    {
        var all = $$"""{"do_resize": true, "do_rescale": true, "do_normalize": true, {{defaults}}}""";
        var fields = (DataMap)JsonTree.Parse("defaults", Encoding.UTF8.GetBytes(all)).Node;
        var factor = new DataEntry("rescale_factor", new DataNumber(1.0 / 255.0, "1/255", Line: 0));
        return fields with { Entries = [.. fields.Entries, factor] };
    }
}
