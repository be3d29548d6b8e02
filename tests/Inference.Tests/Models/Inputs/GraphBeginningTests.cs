using SoftmaxService.Inference.Models.Inputs;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Models.Inputs;

public sealed class GraphBeginningTests
{
    /// <summary>A node that cannot be followed leaves no half of itself behind.</summary>
    [Fact]
    public void Of_SubtractionFromAnotherNumberOfChannels_EndsBeforeIt()
    {
        var graph = new GraphOutline();
        graph.AddConstant("three", [2, 3, 4]);
        graph.AddConstant("two", [5, 6]);
        graph.Add(Node("Mul", "image", "three", "scaled"));
        graph.Add(Node("Sub", "two", "scaled", "shifted"));

        var beginning = GraphBeginning.Of(graph, "image");

        Assert.Equal([2, 3, 4], beginning.Gains);
        Assert.Equal([0, 0, 0], beginning.Shifts);
        Assert.Equal("Mul by [2, 3, 4]", beginning.Text);
    }

    [Fact]
    public void Of_BranchThatReadsTheImageToo_EndsAtOnce()
    {
        var branch = new GraphOutline();
        branch.Add(Node("Add", "image", "image", "sum"));
        var choice = Node("If", "condition", "condition", "chosen");
        choice.Subgraphs.Add(branch);
        var graph = new GraphOutline();
        graph.AddConstant("factor", [1 / 255.0]);
        graph.Add(Node("Mul", "image", "factor", "scaled"));
        graph.Add(choice);

        Assert.Empty(GraphBeginning.Of(graph, "image").Steps);
    }

    [Fact]
    public void Of_SubtractionFromANumber_Negates()
    {
        var graph = new GraphOutline();
        graph.AddConstant("white", [255]);
        graph.Add(Node("Sub", "white", "image", "inverted"));

        var beginning = GraphBeginning.Of(graph, "image");

        Assert.Equal([-1], beginning.Gains);
        Assert.Equal([255], beginning.Shifts);
        Assert.Equal("Sub from 255", beginning.Text);
    }

    private static GraphNode Node(string type, string left, string right, string output) => new()
    {
        OpType = type,
        Inputs = { left, right },
        Outputs = { output },
    };
}
