using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>config.pbtxt of Triton.</summary>
public sealed class TritonConfigTests
{
    private const string File = "config.pbtxt";

    [Fact]
    public void InputAndLabels_AreRead()
    {
        using var folder = new SidecarFolder().With(File, Samples.Triton).With("animals.txt", "cat\ndog\n");

        Assert.Equal(
            [
                "layout = ChannelsLast [config.pbtxt: input[0].format]",
                "channels = 3 [config.pbtxt: input[0].dims[2]]",
                "height = 224 [config.pbtxt: input[0].dims[0]]",
                "width = 192 [config.pbtxt: input[0].dims[1]]",
                "labels = cat|dog [config.pbtxt: output.label_filename]",
            ],
            folder.Lines(classCount: 2));
    }

    [Fact]
    public void RepeatedFieldsAndOpenSizes_AreRead() => Assert.Equal(
        [
            "layout = ChannelsFirst [config.pbtxt: input.format]",
            "channels = 3 [config.pbtxt: input.dims]",
        ],
        SidecarFolder.LinesOf(
            File, "input: < format: FORMAT_NCHW; dims: 1, dims: 3; dims: -1 dims: -1 name: 'im' \"age\" >"));

    [Theory]
    [InlineData("input {", "this is not protocol buffer text: the name of a field is missing")]
    [InlineData("max_batch_size 8", "a colon is missing")]
    [InlineData("a: [1 2]", "a comma or a closing bracket is missing")]
    [InlineData("a: \"b\nc\"", "a text does not end")]
    [InlineData("a: 1\nb: ", "config.pbtxt, line 2: this is not protocol buffer text: a value is missing")]
    [InlineData("a: '\\q'", "an escape that is not read")]
    [InlineData("output { label_filename: \"none.txt\" }", "output.label_filename is 'none.txt', which is not there")]
    [InlineData("output { label_filename: 7 }", "'7', which is not there")]
    [InlineData("input { format: FORMAT_NCHW dims: [0, 1, 2] }", "input.dims[0] must be from 1 to 65535")]
    public void Faults_AreWarnings(string content, string reason) =>
        Assert.Contains(reason, Assert.Single(SidecarFolder.LinesOf(File, content)), Ordinal);

    [Fact]
    public void DeepMessages_AreAWarning() => Assert.Contains(
        "nested deeper than 64 levels",
        Assert.Single(SidecarFolder.LinesOf(File, string.Concat(Enumerable.Repeat("a{", 10_000)))),
        Ordinal);

    [Theory]
    [InlineData("../labels-elsewhere.txt")]
    [InlineData("/etc/hostname")]
    public void LabelsOutsideTheFolder_AreNotRead(string path)
    {
        using var folder = new SidecarFolder()
            .With("labels-elsewhere.txt", "cat\ndog")
            .With($"model/{File}", $$"""output { label_filename: "{{path}}" }""");
        var stated = SidecarFolder.Merge([Path.Combine(folder.Path, "model")]);

        Assert.Null(stated.Labels);
        Assert.Contains(
            "leads out of the model's folder", Assert.Single(stated.Warnings), Ordinal);
    }
}
