namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>Files as the tools write them, in words of our own.</summary>
internal static class Samples
{
    public const string Vit = """
        {
          "do_normalize": true, "do_rescale": true, "do_resize": true,
          "image_mean": [0.5, 0.5, 0.5],
          "image_processor_type": "ViTImageProcessor",
          "image_std": [0.25, 0.25, 0.25],
          "resample": 2, "rescale_factor": 0.00392156862745098,
          "size": {"height": 224, "width": 224}
        }
        """;

    public const string ConvNext = """
        {
          "crop_pct": 0.875, "do_normalize": true, "do_resize": true,
          "feature_extractor_type": "ConvNextFeatureExtractor",
          "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
          "resample": 3, "size": 224
        }
        """;

    public const string Clip = """
        {
          "crop_size": 224, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_resize": true,
          "feature_extractor_type": "CLIPFeatureExtractor",
          "image_mean": [0.4, 0.4, 0.4], "image_std": [0.3, 0.3, 0.3], "resample": 3, "size": 256
        }
        """;

    public const string EfficientNet = """
        {
          "crop_size": {"height": 289, "width": 289}, "do_center_crop": false, "do_normalize": true,
          "do_rescale": true, "do_resize": true, "image_mean": [0.485, 0.456, 0.406],
          "image_processor_type": "EfficientNetImageProcessor", "image_std": [0.5, 0.5, 0.5], "include_top": true,
          "resample": 0, "rescale_factor": 0.00784313725490196, "rescale_offset": true,
          "size": {"height": 240, "width": 240}
        }
        """;

    public const string ModelConfig = """
        {
          "architectures": ["ViTForImageClassification"], "image_size": 224, "model_type": "vit", "num_channels": 3,
          "id2label": {"1": "dog", "0": "cat", "2": "fish"},
          "label2id": {"cat": 0, "dog": 1, "fish": 2},
          "problem_type": "single_label_classification"
        }
        """;

    public const string Timm = """
        {
          "architecture": "resnet50", "num_classes": 2, "num_features": 2048,
          "label_names": ["n01440764", "n01443537"],
          "label_descriptions": {"n01440764": "tench", "n01443537": "goldfish"},
          "pretrained_cfg": {
            "tag": "a1_in1k", "input_size": [3, 224, 224], "fixed_input_size": false, "interpolation": "bicubic",
            "crop_pct": 0.95, "crop_mode": "center", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]
          }
        }
        """;

    public const string Triton = """
        name: "animals"  # a comment
        platform: "onnxruntime_onnx"
        max_batch_size: 8
        input [ { name: "image" data_type: TYPE_FP32 format: FORMAT_NHWC dims: [ 224, 192, 3 ] } ]
        output {
          name: "scores", data_type: TYPE_FP32, dims: [ 2 ]
          label_filename: "animals.txt"
        }
        instance_group < count: 1 >
        """;

    public const string Paddle = """
        Global:
          model_name: PP-LCNet_x1_0
        PreProcess:
          transform_ops:
          - DecodeImage:
              to_rgb: true
          - ResizeImage:
              resize_short: 256
          - CropImage:
              size: 224
          - NormalizeImage:
              channel_num: 3
              mean: [0.485, 0.456, 0.406]
              order: ''
              scale: 1.0/255.0
              std:
              - 0.229
              - 0.224
              - 0.225
          - ToCHWImage: null
        PostProcess:
          Topk:
            topk: 2
            label_list: [0_degree, "180: degree"]
        """;

    public const string Mlflow = """
        flavors:
          onnx:
            data: model.onnx
        signature:
          inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3, 224, 192]}}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 10]}}]'
        """;

    public const string TeachableMachine = """
        {
          "tfjsVersion": "1.3.1", "tmVersion": "2.4.7", "packageVersion": "0.8.4", "packageName":
          "@teachablemachine/image", "timeStamp": "2026-01-01T00:00:00.000Z", "userMetadata": {},
          "modelName": "pets", "labels": ["cat", "dog"], "imageSize": 96
        }
        """;

    public const string CustomVisionManifest = CustomVisionModel.Manifest;

    public const string CustomVisionProperties = CustomVisionModel.Properties;

    /// <summary>Every file that is read, under its name.</summary>
    public static IReadOnlyList<(string Name, string Content)> All { get; } =
    [
        ("preprocessor_config.json", Vit),
        ("preprocessor_config.json", ConvNext),
        ("preprocessor_config.json", Clip),
        ("preprocessor_config.json", EfficientNet),
        ("config.json", ModelConfig),
        ("config.json", Timm),
        ("labels.txt", "0 cat\n1 dog\n2 fish\n"),
        ("synset_words.txt", "n01440764 tench, Tinca tinca\nn01443537 goldfish\n"),
        ("classes.json", """["cat", "dog", "fish\u00e9"]"""),
        ("class_indices.json", """{"cat": 0, "dog": 1, "fish": 2}"""),
        ("index_to_name.json", """{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}"""),
        ("config.pbtxt", Triton),
        ("inference.yml", Paddle),
        ("MLmodel", Mlflow),
        ("metadata.json", TeachableMachine),
        ("cvexport.manifest", CustomVisionManifest),
        ("metadata_properties.json", CustomVisionProperties),
    ];

    /// <summary>Metadata of graphs.</summary>
    public static IReadOnlyList<(string Key, string Value)> Metadata { get; } =
    [
        ("names", """{0: 'cat', 1: "dog's", 2: 'caf\xe9 \'au\' lait'}"""),
        ("imgsz", "[224, 224]"),
        ("task", "classify"),
        ("Image.BitmapPixelFormat", "Bgr8"),
        ("Image.NominalPixelRange", "Normalized_1_1"),
        ("Image.ColorSpaceGamma", "SRGB"),
        ("labels", """["cat", "dog", "fish"]"""),
    ];
}
