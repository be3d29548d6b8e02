using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>Files of class names.</summary>
public sealed class LabelFilesTests
{
    [Theory]
    [InlineData("labels.txt", "cat\ndog\n")]
    [InlineData("labels.txt", "\uFEFFcat\r\ndog\r\n\r\n")]
    [InlineData("labels.txt", "0 cat\n1 dog\n")]
    [InlineData("labels.txt", "[\"cat\", \"dog\"]")]
    [InlineData("class_labels.txt", "cat\ndog")]
    [InlineData("class_names.json", "[\"cat\", \"dog\"]")]
    [InlineData("class_names.json", "cat\ndog\n")]
    [InlineData("classes.json", "{\"classes\": [\"cat\", \"dog\"]}")]
    [InlineData("classes.txt", "{\"names\": {\"1\": \"dog\", \"0\": \"cat\"}}")]
    [InlineData("synset_words.txt", "n02121620 cat\nn02084071 dog\n")]
    [InlineData("imagenet_classes.txt", "cat\ndog\n")]
    [InlineData("labels.json", "{\"labels\": [\"cat\", \"dog\"]}")]
    [InlineData("index_to_name.json", "{\"1\": \"dog\", \"0\": \"cat\"}")]
    [InlineData("index_to_name.json", "{\"0\": [\"n02121620\", \"cat\"], \"1\": [\"n02084071\", \"dog\"]}")]
    [InlineData("class_indices.json", "{\"dog\": 1, \"cat\": 0}")]
    public void EveryForm_IsRead(string name, string content) =>
        Assert.Equal([$"labels = cat|dog [{name}]"], SidecarFolder.LinesOf(name, content, classCount: 2));

    [Theory]
    [InlineData("synset.txt", "n02121620\nn02084071", "n02121620|n02084071")]
    [InlineData("labels.txt", "0 cat\n2 dog", "0 cat|2 dog")]
    [InlineData("labels.txt", "[UNK]\ncat", "[UNK]|cat")]
    [InlineData("labels.txt", "tench, Tinca tinca\ncrane\ncrane", "tench, Tinca tinca|crane|crane")]
    [InlineData("class_indices.json", "{\"0\": 0, \"10\": 2, \"1\": 1}", "0|1|10")]
    [InlineData("labels.json", "[0, 1.5]", "0|1.5")]
    public void UnusualNames_AreKept(string name, string content, string expected) =>
        Assert.Equal([$"labels = {expected} [{name}]"], SidecarFolder.LinesOf(name, content));

    [Fact]
    public void BlankLines_AreLeftOutWithAWarning() => Assert.Equal(
        ["labels = cat|dog [labels.txt]", "! labels.txt has 1 blank line(s) between its names, which are left out"],
        SidecarFolder.LinesOf("labels.txt", "cat\n\ndog\n\n", classCount: 2));

    [Fact]
    public void AThousandNamesForOneMoreOutput_GetABackground()
    {
        var names = string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"class {i}"));
        using var folder = new SidecarFolder().With("labels.txt", names);
        var stated = folder.Read(classCount: 1001);

        Assert.Equal(1001, stated.Labels!.Value.Count);
        Assert.Equal(["background", "class 0"], stated.Labels.Value.Take(2));
        Assert.Equal(
            ["labels.txt has 1000 names and the model 1001 outputs; the first is taken for 'background'"],
            stated.Warnings);
    }

    [Fact]
    public void AnotherNumberOfNames_IsPassedOver()
    {
        using var folder = new SidecarFolder().With("labels.txt", "a\nb\nc").With("classes.txt", "cat\ndog");

        Assert.Equal(
            [
                "labels = cat|dog [classes.txt]",
                "! labels.txt has 3 names, but the model 2 outputs; it is not used",
            ],
            folder.Lines(classCount: 2));
    }

    [Fact]
    public void FilesThatDisagree_AreAWarning()
    {
        using var folder = new SidecarFolder()
            .With("labels.txt", "cat\ndog")
            .With("classes.txt", "dog\ncat")
            .With("labels.json", """["cat", "dog"]""")
            .With("class_indices.json", "{");

        Assert.Equal(
            [
                "labels = cat|dog [labels.txt]",
                "! classes.txt names other classes than labels.txt; it is not used",
                "! class_indices.json, line 1: this is not JSON; it ends too early, or something does not belong here",
            ],
            folder.Lines());
    }

    [Theory]
    [InlineData("labels.json", "{\"0\": \"a\", \"2\": \"b\"}", "the content has 2 names, but none with the index 1")]
    [InlineData("labels.json", "{\"1\": \"a\", \"2\": \"b\"}", "the content has 2 names, but none with the index 0")]
    [InlineData("class_indices.json", "{\"a\": 0, \"b\": 0}", "b gives the index 0 a second time")]
    [InlineData("class_indices.json", "{\"a\": -1}", "a must be an index from 0")]
    [InlineData("class_indices.json", "{\"a\": 0, \"b\": true}", "must map every index to a name")]
    [InlineData("labels.json", "{}", "has no names")]
    [InlineData("labels.json", "[\"a\", [\"b\"]]", "[1] must be a name")]
    [InlineData("labels.json", "[\"a\", \" \"]", "[1] has an empty name")]
    [InlineData("labels.json", "[\"a\\u0007\"]", "has a name with control characters: 'a?'")]
    [InlineData("labels.json", "[\"a\"", "labels.json, line 1: this is not JSON")]
    [InlineData("labels.txt", "{\"0\": \"a\", \"2\": \"b\"}", "none with the index 1")]
    [InlineData("labels.txt", "\n\n", "labels.txt holds no names")]
    [InlineData("labels.txt", "cat\nd\u0000g", "labels.txt, line 2: the name has control characters")]
    public void MalformedNames_AreRejected(string name, string content, string reason) =>
        Assert.Contains(reason, SidecarFolder.FaultOf(name, content), Ordinal);

    [Fact]
    public void AnotherEncoding_IsRejected()
    {
        using var folder = new SidecarFolder().With("labels.txt", [0xFF, 0xFE, (byte)'c', 0]);

        Assert.Equal("labels.txt is not UTF-8; save it as UTF-8", folder.Fault());
    }
}
