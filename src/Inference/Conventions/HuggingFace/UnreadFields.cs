using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions.HuggingFace;

/// <summary>
/// Fields of an image processor that change an image, or may, and that are not followed. What the named ones do is in
/// https://github.com/huggingface/transformers/tree/main/src/transformers/models: dpt, glpn and pixtral
/// (image_processing_*.py) make sizes multiples of a number, and dpt may keep the aspect ratio.
/// </summary>
internal static class UnreadFields
{
    // A warning lists no more names.
    private const int Listed = 8;

    private static readonly HashSet<string> Read = new(StringComparer.Ordinal)
    {
        "image_processor_type", "feature_extractor_type", "do_resize", "size", "default_to_square", "resample",
        "do_center_crop", "crop_size", "do_rescale", "rescale_factor", "rescale_offset", "do_normalize",
        "image_mean", "image_std", "include_top", "do_convert_rgb", "do_flip_channel_order", "do_flip_channels",
        "do_grayscale",
    };

    // About code, other inputs of the model, its targets, or its batches.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "processor_class", "_processor_class", "image_processor_class", "tokenizer_class", "auto_map", "use_fast",
        "backend", "device", "return_tensors", "data_format", "input_data_format", "disable_grouping",
        "_valid_processor_keys", "valid_processor_keys", "model_input_names", "transformers_version", "_commit_hash",
        "_name_or_path", "name_or_path", "_from_auto", "_from_pipeline", "_auto_class", "model_type", "architectures",
        "torch_dtype", "dtype", "do_reduce_labels", "reduce_labels", "id2label", "label2id", "num_labels",
        "num_classes", "apply_ocr", "ocr_lang", "tesseract_config", "image_seq_length", "image_seq_len",
    };

    private static readonly string[] Multiples = ["ensure_multiple_of", "size_divisor", "patch_size"];

    /// <summary>What to warn of, without the file's name.</summary>
    /// <param name="root">The file.</param>
    /// <param name="stated">What was read of it.</param>
    /// <param name="readsCropPart">Whether the class reads <c>crop_pct</c>.</param>
    public static IEnumerable<string> Of(Field root, StatedModel stated, bool readsCropPart)
    {
        List<string> unknown = [];
        foreach (var (name, field) in root.Entries().DistinctBy(entry => entry.Name))
        {
            if (Read.Contains(name) || Harmless.Contains(name) || IsOff(field)
                || (name == "crop_pct" && readsCropPart)
                || (name == "offset" && field.Node is DataSwitch))
            {
                continue;
            }

            if (field.Node is DataSwitch)
            {
                yield return $"{name} is on, which is not read";
            }
            else if (Multiples.Contains(name))
            {
                if (!IsMultiple(stated, field))
                {
                    yield return $"{name} changes the size to which images are resized, which is not read";
                }
            }
            else
            {
                unknown.Add(name);
            }
        }

        if (unknown.Count > 0)
        {
            yield return $"{string.Join(", ", unknown.Take(Listed))}{(unknown.Count > Listed ? ", …" : "")} "
                + $"{(unknown.Count > 1 ? "are" : "is")} not read, and may change what the model sees";
        }
    }

    /// <summary>Whether a field says nothing, or that something is not done.</summary>
    private static bool IsOff(Field field) => field.Node
        is DataNull or DataSwitch { IsOn: false } or DataList { Items: [] } or DataText { Text: "" };

    /// <summary>Whether the size is a multiple already; a number, or a height and a width.</summary>
    private static bool IsMultiple(StatedModel stated, Field field) =>
        stated is { Height.Value: var height, Width.Value: var width }
        && (field["height"] ?? field).FindWhole() is > 0 and var tall
        && (field["width"] ?? field).FindWhole() is > 0 and var wide
        && height % tall == 0
        && width % wide == 0;
}
