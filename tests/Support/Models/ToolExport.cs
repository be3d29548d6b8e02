using Google.Protobuf;
using Onnx;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Tests.Support.Models;

/// <summary>
/// A model as a tool exports it: the graph's inputs, outputs and metadata in the tool's names and shapes, and the files
/// that it writes, in our words. Tools that write no recipe get a <c>model.json</c>, as docs/models.md gives it.
/// </summary>
/// <param name="Name">Tool and kind of model.</param>
/// <param name="Reference">The maker's pipeline, by its name in recipes.json.</param>
/// <param name="Onnx">The graph.</param>
/// <param name="Files">The other files.</param>
public sealed record ToolExport(string Name, string Reference, byte[] Onnx, (string Name, string Content)[] Files)
{
    private const string HalfMean = """ "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5] """;

    private const string ImageNetMean =
        """ "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225] """;

    private const string Rescale = """
        "do_normalize": true, "do_rescale": true, "do_resize": true, "rescale_factor": 0.00392156862745098
        """;

    private const string ImageNetInput = """
        "color": "rgb", "scale": 0.00392156862745098, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]
        """;

    private const string Torchvision =
        $$""" {{ImageNetInput}}, "resize": "crop", "resizeTo": 256, "filter": "bilinear", "round": true """;

    private const string TritonConfig = """
        platform: "onnxruntime_onnx"
        max_batch_size: 8
        input [ { name: "input" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 3, 224, 224 ] } ]
        output [ { name: "output" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "animals.txt" } ]
        """;

    private const string Mlflow = """
        flavors:
          onnx:
            data: model.onnx
        signature:
          inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3, 224, 224]}}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
        """;

    private const string Paddle = """
        Global:
          model_name: PP-LCNet_x1_0
        PreProcess:
          transform_ops:
          - ResizeImage:
              resize_short: 256
          - CropImage:
              size: 224
          - NormalizeImage:
              channel_num: 3
              mean: [0.485, 0.456, 0.406]
              order: ''
              scale: 0.00392156862745098
              std: [0.229, 0.224, 0.225]
          - ToCHWImage: null
        PostProcess:
          Topk:
            topk: 2
            label_list: [cat, dog, fish]
        """;

    /// <summary>The classes of each model.</summary>
    public static readonly string[] Animals = ["cat", "dog", "fish"];

    private static readonly OnnxDimension[] Nchw = ["batch", 3, 224, 224];
    private static readonly OnnxDimension[] Nhwc = ["unk__1", 224, 224, 3];

    /// <summary>Optimum leaves all four axes open.</summary>
    private static readonly OnnxDimension[] AllOpen = ["batch_size", "num_channels", "height", "width"];

    public static IReadOnlyList<ToolExport> All { get; } =
    [
        HuggingFace("ViT", "hf-vit", "vit", $$"""
            {
              "image_processor_type": "ViTImageProcessor", {{Rescale}}, {{HalfMean}}, "resample": 2,
              "size": { "height": 224, "width": 224 }
            }
            """),
        HuggingFace("ConvNeXT", "hf-convnext", "convnext", $$"""
            {
              "crop_pct": 0.875, "do_normalize": true, "do_resize": true,
              "feature_extractor_type": "ConvNextFeatureExtractor", {{ImageNetMean}}, "resample": 3, "size": 224
            }
            """),
        HuggingFace("CLIP", "hf-clip", "clip", $$"""
            {
              "crop_size": { "height": 224, "width": 224 }, "do_center_crop": true, "do_convert_rgb": true, {{Rescale}},
              "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_processor_type": "CLIPImageProcessor",
              "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": { "shortest_edge": 224 }
            }
            """),
        HuggingFace("DeiT", "hf-deit", "deit", $$"""
            {
              "crop_size": { "height": 224, "width": 224 }, "do_center_crop": true, {{Rescale}}, {{ImageNetMean}},
              "image_processor_type": "DeiTImageProcessor", "resample": 3, "size": { "height": 256, "width": 256 }
            }
            """),
        HuggingFace("MobileNetV2", "hf-mobilenet", "mobilenet_v2", $$"""
            {
              "crop_size": { "height": 224, "width": 224 }, "do_center_crop": true, {{Rescale}}, {{HalfMean}},
              "image_processor_type": "MobileNetV2ImageProcessor", "resample": 2, "size": { "shortest_edge": 256 }
            }
            """),
        HuggingFace("SigLIP", "hf-siglip", "siglip", $$"""
            {
              {{Rescale}}, {{HalfMean}}, "image_processor_type": "SiglipImageProcessor", "resample": 3,
              "size": { "height": 224, "width": 224 }
            }
            """),
        HuggingFace("MobileViT", "hf-mobilevit", "mobilevit", """
            {
              "crop_size": 256, "do_center_crop": true, "do_flip_channel_order": true, "do_resize": true,
              "feature_extractor_type": "MobileViTFeatureExtractor", "resample": 2, "size": 288
            }
            """),
        HuggingFace("EfficientNet", "hf-efficientnet", "efficientnet", $$"""
            {
              "crop_size": { "height": 289, "width": 289 }, "do_center_crop": false, {{Rescale}},
              "image_mean": [0.485, 0.456, 0.406], "image_processor_type": "EfficientNetImageProcessor",
              "image_std": [0.47853944, 0.4732864, 0.47434163], "include_top": true, "resample": 0,
              "rescale_offset": false, "size": { "height": 224, "width": 224 }
            }
            """),
        Timm("timm, `crop_pct` 0.875", "timm-0.875", "0.875"),
        Timm("timm, `crop_pct` 0.95", "timm-0.95", "0.95"),
        Stated("torchvision", "torchvision", Graph("input", Nchw, "output"), Torchvision),
        new(
            "Ultralytics, `task` classify", "ultralytics",
            Graph("images", [1, 3, 224, 224], "output0", hasSoftmax: true, metadata:
            [
                ("task", "classify"), ("stride", "1"), ("imgsz", "[224, 224]"), ("batch", "1"),
                ("names", "{0: 'cat', 1: 'dog', 2: 'fish'}"),
            ]),
            []),
        Stated("Keras, `mode` tf", "keras-tf", Keras(), """
            "color": "rgb", "scale": 0.00784313725490196, "mean": [1], "std": [1], "resize": "stretch",
            "filter": "nearest", "round": true
            """),
        Stated("Keras, `mode` caffe", "keras-caffe", Keras(), """
            "color": "bgr", "scale": 1, "mean": [103.939, 116.779, 123.68], "std": [1], "resize": "stretch",
            "filter": "nearest", "round": true
            """),
        Stated("Keras, `mode` torch", "keras-torch", Keras(), $$"""
            {{ImageNetInput}}, "resize": "stretch", "filter": "nearest", "round": true
            """),
        Stated(
            "Keras, scaling in the graph (EfficientNetV2)", "keras-tf",
            Graph("input_1", Nhwc, "predictions", hasSoftmax: true, scaling: RescaledByKeras), """
            "color": "rgb", "resize": "stretch", "filter": "nearest", "round": true
            """) with { Black = 0, White = 255 },
        Stated(
            "torchvision, normalization in the graph", "torchvision",
            Graph("input", Nchw, "output", scaling: NormalizedByTorch), """
            "color": "rgb", "resize": "crop", "resizeTo": 256, "filter": "bilinear", "round": true
            """) with { Black = 0, White = 1 },
        Stated("TensorFlow, `tf.image.resize`", "tensorflow", Keras(), """
            "color": "rgb", "scale": 0.00784313725490196, "mean": [1], "std": [1], "resize": "stretch",
            "filter": "bilinear", "antialias": false
            """),
        Stated("MMPretrain", "mmpretrain", Graph("input", Nchw, "output"), $$"""
            {{ImageNetInput}}, "resize": "crop", "resizeTo": 256, "filter": "bilinear", "antialias": false,
            "round": true
            """),
        new(
            "PaddleClas", "paddleclas", Graph("x", ["-1", 3, 224, 224], "fetch_name_0", hasSoftmax: true),
            [("inference.yml", Paddle)]),
        new("Teachable Machine", "teachable-machine", Graph("input_1", Nhwc, "output", hasSoftmax: true),
        [
            ("metadata.json", """
                {
                  "tfjsVersion": "1.3.1", "tmVersion": "2.4.7", "packageVersion": "0.8.4",
                  "packageName": "@teachablemachine/image", "userMetadata": {}, "modelName": "pets",
                  "labels": ["cat", "dog", "fish"], "imageSize": 224
                }
                """),
            ("labels.txt", "0 cat\n1 dog\n2 fish\n"),
        ]),
        new("Custom Vision", "custom-vision", CustomVisionModel.Of(Animals, 224),
        [
            ("cvexport.manifest", CustomVisionModel.Manifest),
            ("metadata_properties.json", CustomVisionModel.Properties),
            ("labels.txt", "cat\ndog\nfish\n"),
        ]),
        Stated(
            "Triton's repository, torchvision's pipeline", "torchvision", Graph("input", Nchw, "output"), Torchvision,
            ("config.pbtxt", TritonConfig), ("animals.txt", "cat\ndog\nfish\n")),
        Stated(
            "MLflow, torchvision's pipeline", "torchvision", Graph("input", AllOpen, "output"), Torchvision,
            ("MLmodel", Mlflow), ("labels.txt", "cat\ndog\nfish\n")),
    ];

    /// <summary>
    /// What the graph is fed for a black pixel, if it scales by itself; null where the maker's pipeline scales.
    /// </summary>
    public double? Black { get; init; }

    /// <summary>What it is fed for a white pixel, likewise.</summary>
    public double? White { get; init; }

    /// <summary>The path of the ONNX file.</summary>
    public string OnnxName { get; init; } = "model.onnx";

    private static ToolExport HuggingFace(string kind, string reference, string modelType, string preprocessor) => new(
        $"Hugging Face, {kind}", reference, Graph("pixel_values", AllOpen, "logits"),
        [
            ("preprocessor_config.json", preprocessor),
            ("config.json", $$"""
                {
                  "model_type": "{{modelType}}", "num_channels": 3,
                  "id2label": { "0": "cat", "1": "dog", "2": "fish" },
                  "label2id": { "cat": 0, "dog": 1, "fish": 2 }
                }
                """),
        ])
    {
        OnnxName = "onnx/model.onnx",
    };

    private static ToolExport Timm(string name, string reference, string part) => new(
        name, reference, Graph("input0", Nchw, "output0"),
        [
            ("config.json", $$"""
                {
                  "architecture": "resnet50", "num_classes": 3, "label_names": ["cat", "dog", "fish"],
                  "pretrained_cfg": {
                    "input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": {{part}},
                    "crop_mode": "center", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]
                  }
                }
                """),
        ]);

    /// <summary>A tool that writes no recipe.</summary>
    private static ToolExport Stated(
        string name, string reference, byte[] onnx, string input, params (string, string)[] files)
    {
        var labels = files.Length == 0 ? ", \"labels\": [\"cat\", \"dog\", \"fish\"]" : "";
        var manifest = $$"""{"input": { {{input}} }{{labels}} }""";
        return new ToolExport(name, reference, onnx, [.. files, ("model.json", manifest)]);
    }

    private static byte[] Keras() => Graph("input_1", Nhwc, "predictions", hasSoftmax: true);

    /// <summary>Scores are a linear function of the image's mean colours.</summary>
    private static byte[] Graph(
        string input, OnnxDimension[] shape, string output, bool hasSoftmax = false,
        (string Key, string Value)[]? metadata = null, Func<OnnxGraphBuilder, string, string>? scaling = null)
    {
        var graph = Start(input, shape, scaling ?? ((_, image) => image));
        graph.Node(hasSoftmax ? "Softmax" : "Identity", ["z"], output);
        graph.Output(output, DataType.Float, shape[0], Animals.Length);
        var model = graph.ToModel();
        model.MetadataProps.Add((metadata ?? []).Select(
            entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return model.ToByteArray();
    }

    private static string RescaledByKeras(OnnxGraphBuilder graph, string image)
    {
        graph.Node("Mul", [image, graph.Initializer("Cast/x:0", [1 / 128f])], "rescaling/mul:0");
        return graph.Node("Add", ["rescaling/mul:0", graph.Initializer("Cast_1/x:0", [-1f])], "rescaling/add:0");
    }

    private static string NormalizedByTorch(OnnxGraphBuilder graph, string image)
    {
        graph.Node("Sub", [image, graph.Initializer("onnx::Sub_1", [0.485f, 0.456f, 0.406f], 1, 3, 1, 1)], "/Sub");
        return graph.Node(
            "Div", ["/Sub", graph.Initializer("onnx::Div_3", [0.229f, 0.224f, 0.225f], 1, 3, 1, 1)], "/Div");
    }

    private static OnnxGraphBuilder Start(
        string input, OnnxDimension[] shape, Func<OnnxGraphBuilder, string, string> scaling)
    {
        var graph = new OnnxGraphBuilder("main_graph");
        long[] axes = shape.SequenceEqual(Nhwc) ? [1, 2] : [2, 3];
        var image = scaling(graph, graph.Input(input, DataType.Float, shape));
        graph.Node("ReduceMean", [image], "mean", ("axes", axes), ("keepdims", 0L));
        graph.Node(
            "MatMul", ["mean", graph.Initializer("weight", [1f, 0.2f, 0, 0, 1, 0.1f, 0.3f, 0, 1], 3, 3)], "z");
        return graph;
    }
}
