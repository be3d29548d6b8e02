using System.Text.RegularExpressions;
using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>Teachable Machine, Custom Vision and MLflow.</summary>
public sealed class OtherToolsTests
{
    [Fact]
    public void TeachableMachine_IsReadByItsMetadata() => Assert.Equal(
        [
            "height = 96 [metadata.json: imageSize]",
            "width = 96 [metadata.json: imageSize]",
            "color = Rgb [metadata.json: packageName]",
            "scale = 0.00784313725490196 [metadata.json: packageName]",
            "mean = 1 [metadata.json: packageName]",
            "std = 1 [metadata.json: packageName]",
            "resize = Crop [metadata.json: packageName]",
            "filter = Lanczos [metadata.json: packageName]",
            "antialias = True [metadata.json: packageName]",
            "round = True [metadata.json: packageName]",
            "labels = cat|dog [metadata.json: labels]",
        ],
        SidecarFolder.LinesOf("metadata.json", Samples.TeachableMachine));

    [Theory]
    [InlineData("{\"packageName\": \"@teachablemachine/pose\", \"tfjsVersion\": \"1\"}")]
    [InlineData("{\"packageName\": \"@teachablemachine/image\"}")]
    [InlineData("{\"labels\": [\"a\"]}")]
    [InlineData("[]")]
    public void AnotherMetadata_StatesNothing(string content) =>
        Assert.Empty(SidecarFolder.LinesOf("metadata.json", content));

    [Fact]
    public void CustomVision_IsReadByItsManifest()
    {
        using var folder = new SidecarFolder()
            .With("cvexport.manifest", Samples.CustomVisionManifest.Replace("labels.txt", "tags.txt", Ordinal))
            .With("metadata_properties.json", Samples.CustomVisionProperties)
            .With("tags.txt", "cat\ndog");

        Assert.Equal(
            [
                "channels = 3 [metadata_properties.json: Image.BitmapPixelFormat]",
                "color = Bgr [metadata_properties.json: Image.BitmapPixelFormat]",
                "scale = 1 [metadata_properties.json: Image.NominalPixelRange]",
                "mean = 0 [metadata_properties.json: Image.NominalPixelRange]",
                "std = 1 [metadata_properties.json: Image.NominalPixelRange]",
                "resize = Stretch [metadata_properties.json: CustomVision.Preprocess.ResizeMethod]",
                "filter = Bicubic [metadata_properties.json: CustomVision.Preprocess.ResizeMethod]",
                "antialias = True [metadata_properties.json: CustomVision.Preprocess.ResizeMethod]",
                "round = True [metadata_properties.json: CustomVision.Preprocess.ResizeMethod]",
                "labels = cat|dog [cvexport.manifest: LabelFileName]",
            ],
            folder.Lines());
    }

    [Fact]
    public void CustomVision_OfAnotherKind_IsAWarning() => Assert.Equal(
        ["! cvexport.manifest: DomainType is 'ObjectDetection'; only classifiers are served"],
        SidecarFolder.LinesOf("cvexport.manifest", """{"DomainType": "ObjectDetection"}"""));

    [Fact]
    public void CustomVision_UndocumentedMethods_AreWarnings()
    {
        using var folder = new SidecarFolder()
            .With("cvexport.manifest", Samples.CustomVisionManifest)
            .With("metadata_properties.json", """
                {"CustomVision.Postprocess.Method": "ClassificationMultiLabel",
                 "CustomVision.Preprocess.ResizeMethod": "ByShorterSideAlign32"}
                """);

        Assert.Equal(2, folder.Read().Warnings.Count);
    }

    [Fact]
    public void CustomVision_ShorterSideAndCrop_AreRead() => Assert.Equal(
        [
            "height = 224 [metadata_properties.json: CustomVision.Preprocess.CropHeight]",
            "width = 192 [metadata_properties.json: CustomVision.Preprocess.CropWidth]",
            "resize = Crop [metadata_properties.json: CustomVision.Preprocess.CropMethod]",
            "resizeTo = shorter 256 [metadata_properties.json: CustomVision.Preprocess.TargetHeight]",
        ],
        LinesOfProperties("""
            "CropMethod": "OneCropCenter", "CropHeight": "224.0", "CropWidth": "192.0", "ResizeMethod": "ByShorterSide",
            "TargetHeight": "256.0", "TargetWidth": "256.0", "MaxScale": "0", "NormalizeMean": "[0.0, 0.0, 0.0]",
            "NormalizeStd": "[1.0, 1.0, 1.0]"
            """));

    [Theory]
    [InlineData("256.0", "240.0", "224", "OneCropCenter")]
    [InlineData("200", "200", "224", "OneCropCenter")]
    [InlineData("big", "big", "224", "OneCropCenter")]
    [InlineData("256", "256", "0", "OneCropCenter")]
    [InlineData("256", "256", "224", "NoCrop")]
    public void CustomVision_OtherShorterSides_AreAWarning(string height, string width, string crop, string method) =>
        Assert.Equal(
            [
                "! metadata_properties.json: CustomVision.Preprocess.ResizeMethod is 'ByShorterSide', which is read "
                    + "only with OneCropCenter of a size that fits into the shorter side; it is not used",
            ],
            LinesOfProperties($$"""
                "CropMethod": "{{method}}", "CropHeight": "{{crop}}", "CropWidth": "{{crop}}",
                "ResizeMethod": "ByShorterSide", "TargetHeight": "{{height}}", "TargetWidth": "{{width}}"
                """));

    [Theory]
    [InlineData("\"NormalizeMean\": \"[0.5, 0.5, 0.5]\"", "NormalizeMean is '[0.5, 0.5, 0.5]'")]
    [InlineData("\"NormalizeStd\": \"[0.0, 1.0, 1.0]\"", "NormalizeStd is '[0.0, 1.0, 1.0]'")]
    [InlineData("\"NormalizeStd\": \"one\"", "NormalizeStd is 'one'")]
    public void CustomVision_ANormalization_IsAWarning(string property, string expected) => Assert.Equal(
        [
            $"! metadata_properties.json: CustomVision.Preprocess.{expected}; where it is applied is not documented, "
                + "and it is not used",
        ],
        LinesOfProperties(property));

    [Fact]
    public void Mlflow_StatesTheShape() => Assert.Equal(
        [
            "layout = ChannelsFirst [MLmodel: signature.inputs[0].tensor-spec.shape]",
            "channels = 3 [MLmodel: signature.inputs[0].tensor-spec.shape]",
            "height = 224 [MLmodel: signature.inputs[0].tensor-spec.shape]",
            "width = 192 [MLmodel: signature.inputs[0].tensor-spec.shape]",
        ],
        SidecarFolder.LinesOf("MLmodel", Samples.Mlflow));

    [Theory]
    [InlineData("signature: {inputs: '[{'}", "MLmodel, line 1: this is not JSON")]
    [InlineData("signature: {inputs: []}", "signature.inputs must be a text")]
    [InlineData("a: [", "this is not YAML")]
    public void Mlflow_Malformed_IsAWarning(string content, string reason) =>
        Assert.Contains(reason, Assert.Single(SidecarFolder.LinesOf("MLmodel", content)), Ordinal);

    private static string[] LinesOfProperties(string properties)
    {
        using var folder = new SidecarFolder()
            .With("cvexport.manifest", Samples.CustomVisionManifest)
            .With(
                "metadata_properties.json",
                $"{{{Regex.Replace(properties, "\"(\\w+)\":", "\"CustomVision.Preprocess.$1\":")}}}");
        return folder.Lines();
    }
}
