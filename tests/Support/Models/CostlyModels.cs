using Google.Protobuf;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Tests.Support.Models;

/// <summary>Small files that ask for far more time or memory than a classifier needs.</summary>
public static class CostlyModels
{
    private const string Domain = "nested";

    /// <summary>
    /// Functions that call one another: each calls the one before it several times, so that width^(depth - 1) nodes are
    /// left when all are inlined.
    /// </summary>
    public static byte[] NestedFunctions(int depth, int width)
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Output("called", DataType.Float, "batch", SmallModels.Classes);
        var model = graph.ToModel();
        for (var level = 0; level < depth; level++)
        {
            var function = new FunctionProto { Domain = Domain, Name = $"f{level}" };
            function.Input.Add("v0");
            function.Output.Add($"v{(level == 0 ? 1 : width)}");
            function.OpsetImport.Add(model.OpsetImport);
            function.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
            for (var call = 0; call < (level == 0 ? 1 : width); call++)
            {
                var node = new NodeProto { OpType = "Neg", Input = { $"v{call}" }, Output = { $"v{call + 1}" } };
                if (level > 0)
                {
                    (node.OpType, node.Domain) = ($"f{level - 1}", Domain);
                }

                function.Node.Add(node);
            }

            model.Functions.Add(function);
        }

        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
        model.Graph.Node.Add(new NodeProto
        {
            OpType = $"f{depth - 1}",
            Domain = Domain,
            Input = { "scores" },
            Output = { "called" },
        });
        return model.ToByteArray();
    }

    /// <summary>A graph that adds the sum of a filled tensor, which is 0, to its scores.</summary>
    public static byte[] Filled(long elements)
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Node("ConstantOfShape", [graph.Initializer("many", [elements], 1)], "zeros");
        graph.Node("ReduceSum", ["zeros"], "zero", ("keepdims", 0L));
        graph.Node("Add", ["scores", "zero"], "same");
        graph.Output("same", DataType.Float, "batch", SmallModels.Classes);
        return graph.ToByteArray();
    }

    /// <summary>A graph with so many classes.</summary>
    public static byte[] ManyClasses(long repeats)
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Node("Tile", ["scores", graph.Initializer("repeats", [1, repeats], 2)], "tiled");
        graph.Output("tiled", DataType.Float, "batch", repeats * SmallModels.Classes);
        return graph.ToByteArray();
    }

    /// <summary>
    /// A graph that never ends if any image of the batch is evenly grey, and answers all others: not those of the
    /// warm-up, which are black, white and noise.
    /// </summary>
    public static byte[] EndlessOnGrey()
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        var axes = ("axes", new long[] { 1, 2, 3 });
        graph.Node("ReduceMax", ["image"], "most", axes);
        graph.Node("ReduceMin", ["image"], "least", axes);
        graph.Node("Sub", ["most", "least"], "range");
        graph.Node("Sub", [graph.Initializer("one", [1f]), "most"], "darkness");
        graph.Node("Mul", ["least", "darkness"], "greyness"); // 1/4 for the grey in the middle, 0 for black and white
        graph.Node("Sub", ["greyness", "range"], "evenness");
        graph.Node("Sub", ["evenness", graph.Initializer("limit", [0.2f])], "excess");
        graph.Node("ReduceMax", ["excess"], "largest", ("keepdims", 0L));
        graph.Node("Relu", ["largest"], "how_much");
        graph.Node("Mul", ["how_much", graph.Initializer("for_ever", [1e18f])], "times");
        graph.Node("Cast", ["times"], "trips", ("to", (long)DataType.Int64));
        return SmallModels.Looping(graph).ToByteArray();
    }

    /// <summary>
    /// A graph that divides the least whole number by -1, at which x64 ends the process. Images decide it, so that it
    /// is not computed when the graph is loaded but when it is warmed up.
    /// </summary>
    public static byte[] Crashing()
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Node("Cast", ["scores"], "whole", ("to", (long)DataType.Int64));
        graph.Node("Mul", ["whole", graph.Initializer<long>("zero", [0])], "zeros");
        graph.Node("Add", ["zeros", graph.Initializer<long>("minimum", [long.MinValue])], "least");
        graph.Node("Add", ["zeros", graph.Initializer<long>("one", [-1])], "minus_one");
        graph.Node("Div", ["least", "minus_one"], "quotient");
        graph.Node("Cast", ["quotient"], "number", ("to", (long)DataType.Float));
        graph.Node("Add", ["scores", "number"], "same");
        graph.Output("same", DataType.Float, "batch", SmallModels.Classes);
        return graph.ToByteArray();
    }

    /// <summary>
    /// A graph with a node that compares each of so many boxes with all before it, and is told to end only afterwards.
    /// </summary>
    public static byte[] ComparingBoxes(int count)
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        float[] boxes = [.. Enumerable.Range(0, count).SelectMany(i => new[] { 2f * i, 0f, (2f * i) + 1f, 1f })];
        var selected = graph.Node(
            "NonMaxSuppression",
            [
                graph.Initializer("boxes", boxes, 1, count, 4),
                graph.Initializer<float>("confidence", [.. Enumerable.Repeat(1f, count)], 1, 1, count),
                graph.Initializer<long>("most", [count], 1),
                graph.Initializer<float>("overlap", [0.5f], 1),
            ],
            "selected");
        graph.Node("Cast", [selected], "numbers", ("to", (long)DataType.Float));
        graph.Node("ReduceMin", ["numbers"], "zero", ("keepdims", 0L));
        graph.Node("Add", ["scores", "zero"], "same");
        graph.Output("same", DataType.Float, "batch", SmallModels.Classes);
        return graph.ToByteArray();
    }
}
