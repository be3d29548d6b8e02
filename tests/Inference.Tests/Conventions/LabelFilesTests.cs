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
    [InlineData("classes.json", "{\"class_to_idx\": {\"dog\": 1, \"cat\": 0}}")]
    [InlineData("classes.json", "{\"idx_to_class\": {\"1\": \"dog\", \"0\": \"cat\"}, \"class_to_idx\": {}}")]
    [InlineData("classes.json", "{\"class_to_index\": {\"cat\": 0, \"dog\": 1}, \"index_to_class\": 0}")]
    [InlineData("classes.json", "{\"index_to_class\": {\"0\": \"cat\", \"1\": \"dog\"}}")]
    [InlineData("labels.json", "{\"index_to_class\": [\"0\", \"1\"], \"index_to_name\": [\"cat\", \"dog\"]}")]
    [InlineData("classes.json", "[{\"id\": 1, \"name\": \"dog\"}, {\"id\": 0, \"name\": \"cat\"}]")]
    [InlineData("classes.json", "[{\"index\": 2, \"class\": \"dog\"}, {\"index\": 1, \"class\": \"cat\"}]")]
    [InlineData("classes.json", "[{\"label\": 1, \"name\": \"dog\"}, {\"label\": 0, \"name\": \"cat\"}]")]
    [InlineData("classes.json", "[{\"label\": \"cat\"}, {\"label\": \"dog\"}]")]
    [InlineData("classes.json", "{\"1\": {\"label\": \"dog\"}, \"0\": {\"name\": \"cat\", \"color\": 7}}")]
    [InlineData("labels.json", "{\"2\": \"dog\", \"1\": \"cat\"}")]
    [InlineData("class_indices.json", "{\"cat\": 1, \"dog\": 2}")]
    [InlineData("labels.txt", "1 cat\n2 dog\n")]
    [InlineData("labels.txt", "0: cat\n1: dog\n")]
    [InlineData("labels.txt", "1 dog\n0 cat\n")]
    [InlineData("labels.txt", "dog,1\ncat,0\n")]
    [InlineData("labels.txt", "dog 1\ncat 0\n")]
    [InlineData("labels.txt", "id,name\n0,cat\n1,dog\n")]
    [InlineData("labels.txt", "Label;Index\ndog;1\ncat;0\n")]
    [InlineData("labels.txt", "class\ncat\ndog\n")]
    [InlineData("labels.txt", "0\t:\tcat\n1 ; dog\n")]
    [InlineData("labels.txt", "dog\t1\ncat \t0\n")]
    [InlineData("labels.txt", "index,label\ncat,1\ndog,2\n")]
    public void EveryForm_IsRead(string name, string content) =>
        Assert.Equal([$"labels = cat|dog [{name}]"], SidecarFolder.LinesOf(name, content, classCount: 2));

    [Theory]
    [InlineData("synset.txt", "n02121620\nn02084071", "n02121620|n02084071")]
    [InlineData("labels.txt", "class 1\nclass 0", "class 1|class 0")]
    [InlineData("labels.txt", "class\ncat", "class|cat")]
    [InlineData("labels.txt", "1,000 m\n2,000 m", "1,000 m|2,000 m")]
    [InlineData("labels.txt", "2 crane\n0 crane\n1 owl", "crane|owl|crane")]
    [InlineData("labels.txt", "Boeing 747\nAirbus 320", "Boeing 747|Airbus 320")]
    [InlineData("index_to_name.json", "{\"index_to_name\": {\"0\": \"2\", \"1\": \"0\", \"2\": \"1\"}}", "2|0|1")]
    [InlineData("class_indices.json", "{\"0\": 1, \"1\": 0}", "1|0")]
    [InlineData("labels.txt", "[UNK]\ncat", "[UNK]|cat")]
    [InlineData("labels.txt", "tench, Tinca tinca\ncrane\ncrane", "tench, Tinca tinca|crane|crane")]
    [InlineData("labels.json", "[0, 1.5]", "0|1.5")]
    public void UnusualNames_AreKept(string name, string content, string expected) =>
        Assert.Equal([$"labels = {expected} [{name}]"], SidecarFolder.LinesOf(name, content));

    [Theory]
    [InlineData("0 cat\n2 dog", "0 cat|2 dog")]
    [InlineData("20 km/h\n30 km/h", "20 km/h|30 km/h")]
    [InlineData("2 dog\n1 cat", "2 dog|1 cat")]
    [InlineData("dog,5\ncat,3", "dog,5|cat,3")]
    public void NumbersThatGiveNoOrder_AreAWarning(string content, string expected) => Assert.Equal(
        [
            $"labels = {expected} [labels.txt]",
            "! labels.txt has a number in every line, but they are not those of the classes, 0 to 1; the names are in "
                + "the order of the lines",
        ],
        SidecarFolder.LinesOf("labels.txt", content, classCount: 2));

    [Fact]
    public void LinesOfTwoNumbersThatDiffer_AreAWarning() => Assert.Equal(
        [
            "labels = 2|0|1 [labels.txt]",
            "! labels.txt has two numbers in every line; the first is taken for that of the class, the second for its "
                + "name",
        ],
        SidecarFolder.LinesOf("labels.txt", "2,1\n0,2\n1,0"));

    [Theory]
    [InlineData("{\"0\": 0, \"1\": 1, \"2\": 10, \"3\": 11, \"4\": 2}", "0|1|10|11|2", "indices", "names")]
    [InlineData("{\"0\": 0, \"10\": 2, \"1\": 1}", "0|1|10", "names", "indices")]
    [InlineData("{\"0\": 2, \"1\": 0, \"2\": 1}", "1|2|0", "names", "indices")]
    [InlineData("{\"0\": \"2\", \"1\": \"0\", \"2\": \"1\"}", "2|0|1", "indices", "names")]
    public void MapsOfNumbersToNumbers_AreAWarning(string content, string expected, string left, string right) =>
        Assert.Equal(
            [
                $"labels = {expected} [class_indices.json]",
                $"! class_indices.json maps numbers to numbers; those on the left are taken for {left}, those on the "
                    + $"right for {right}",
            ],
            SidecarFolder.LinesOf("class_indices.json", content));

    [Theory]
    [InlineData("{\"0\": \"cat\", \"3\": \"dog\"}")]
    [InlineData("{\"cat\": 0, \"dog\": 3}")]
    [InlineData("[{\"id\": 0, \"name\": \"cat\"}, {\"id\": 3, \"name\": \"dog\"}]")]
    public void ClassesWithoutANameAmongOthers_AreCalledByTheirNumbers(string content) => Assert.Equal(
        [
            "labels = cat|1|2|dog|4 [labels.json]",
            "! labels.json names 2 of 5 classes; the others are called by their numbers",
        ],
        SidecarFolder.LinesOf("labels.json", content, classCount: 5));

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
                "! class_indices.json, line 1: this is not JSON; it ends too early, or something does not belong here; "
                    + "it is not used: a file of labels holds a name a line, a list of names, or a map between names "
                    + "and indices",
                "! labels.txt says class 0 is 'cat', but classes.txt says 'dog'; 2 of 2 classes differ: the first is "
                    + "used. If it is wrong, set \"labels\" of model.json.",
            ],
            folder.Lines());
    }

    [Theory]
    [InlineData("labels.json", "{\"0\": \"a\", \"2\": \"b\"}", "the content has 2 names, but none with the index 1")]
    [InlineData("labels.json", "{\"1\": \"a\", \"3\": \"b\"}", "the content has 2 names, but none with the index 0")]
    [InlineData("labels.json", "[{\"id\": 0, \"name\": \"a\"}, {\"name\": \"b\"}]", "[1] must have an index")]
    [InlineData("labels.json", "{\"0\": {\"common\": \"a\"}}", "0 must be a name")]
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
    public void MalformedNames_AreAWarning(string name, string content, string reason)
    {
        var line = Assert.Single(SidecarFolder.LinesOf(name, content));

        Assert.StartsWith("! ", line, Ordinal);
        Assert.Contains(reason, line, Ordinal);
        Assert.EndsWith("a name a line, a list of names, or a map between names and indices", line, Ordinal);
    }

    [Fact]
    public void AnotherEncoding_IsAWarning()
    {
        using var folder = new SidecarFolder().With("labels.txt", [0xFF, 0xFE, (byte)'c', 0]);

        Assert.StartsWith(
            "! labels.txt is not UTF-8; save it as UTF-8; it is not used", Assert.Single(folder.Lines()), Ordinal);
    }

    [Fact]
    public void TheNextFile_IsReadWhereOneIsMalformed()
    {
        using var folder = new SidecarFolder()
            .With("classes.json", """{"0": {"common": "cat"}}""")
            .With("class_indices.json", """{"cat": 0, "dog": 1}""");
        var stated = folder.Read();

        Assert.Equal("class_indices.json", stated.Labels?.Source);
        Assert.StartsWith("classes.json, line 1: 0 must be a name", Assert.Single(stated.Warnings), Ordinal);
    }
}
