namespace SoftmaxService.Inference.Conventions;

/// <summary>A value with the place that states it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Source">The file and the field, such as <c>preprocessor_config.json: image_mean</c>.</param>
/// <param name="IsDefault">Whether the file leaves the value to its tool's default.</param>
internal sealed record Stated<T>(T Value, string Source, bool IsDefault = false);
