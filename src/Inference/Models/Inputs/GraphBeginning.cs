using System.Globalization;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Inputs;

/// <summary>
/// What a graph does to the numbers of its image before its first other node: <c>gain · x + shift</c>, with one of
/// each for all channels, or one per channel.
/// </summary>
/// <param name="Gains">The factors.</param>
/// <param name="Shifts">What is added; as many as there are gains.</param>
/// <param name="Steps">The nodes that change numbers, in their order.</param>
/// <param name="KeepsOrder">Whether the channels are in the order of the graph's input.</param>
internal sealed record GraphBeginning(
    IReadOnlyList<double> Gains, IReadOnlyList<double> Shifts, IReadOnlyList<GraphStep> Steps, bool KeepsOrder = true)
{
    // A pipeline has fewer. The walk looks at all nodes for each of them.
    private const int MaxNodes = 24;

    /// <summary>A graph that takes its image as it is.</summary>
    public static GraphBeginning None { get; } = new([1], [0], []);

    /// <summary>The nodes in words, such as <c>Mul by 0.003921569; Sub of 1</c>.</summary>
    public string Text => string.Join("; ", Steps);

    /// <summary>Whether the first of them subtracts or adds.</summary>
    public bool BeginsWithShift => Steps is [{ Name: "Sub of" or "Add of" }, ..];

    /// <summary>Follows the graph's input through nodes that scale, shift, reshape or reorder it.</summary>
    public static GraphBeginning Of(GraphOutline graph, string input) => new Walk(graph, input, None).Follow();

    private sealed class Walk(GraphOutline graph, string input, GraphBeginning start)
    {
        private readonly List<GraphStep> _steps = [.. start.Steps];
        private IReadOnlyList<double> _gains = start.Gains;
        private IReadOnlyList<double> _shifts = start.Shifts;
        private bool _keepsOrder = start.KeepsOrder;
        private int _nodes;

        /// <summary>The value that the walk has come to.</summary>
        public string Value { get; private set; } = input;

        public GraphBeginning Follow(bool isBranch = false)
        {
            while (_nodes++ < MaxNodes && Next() is var consumers)
            {
                var hasPassed = consumers switch
                {
                    [{ OpType: "Concat" }] when isBranch => false,
                    [var node] => TryPass(node) || (!isBranch && TryJoin(Outputs(node))),
                    _ => !isBranch && TryJoin([.. consumers.Select(Branch)]),
                };
                if (!hasPassed)
                {
                    break;
                }
            }

            return new GraphBeginning(_gains, _shifts, _steps, _keepsOrder);
        }

        // What only asks for the shape does not use the numbers.
        public GraphNode[] Next() =>
        [
            .. graph.ConsumersOf(Value)
                .Where(node => !(node.HasOnnxDomain && node.OpType is "Shape" or "Size"))
                .Take(TensorNumbersReader.MaxCount + 1),
        ];

        private bool TryPass(GraphNode node)
        {
            if (!node.HasOnnxDomain || graph.FunctionOf(node) is not null || node.Outputs.Count == 0)
            {
                return false;
            }

            var isFirst = node.Inputs[0] == Value;
            var hasPassed = node switch
            {
                {
                    OpType: "Identity" or "Cast" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Transpose"
                } => isFirst,
                { OpType: "QuantizeLinear" } => isFirst && IsUndone(node),
                { OpType: "DequantizeLinear" } => isFirst,
                { OpType: "Neg" } => TryScale("Neg", [-1], []),
                { OpType: "Mul", Inputs: [var left, var right] } =>
                    Constant(isFirst ? right : left) is { } factors && TryScale("Mul by", factors, factors),
                { OpType: "Div", Inputs: [_, var divisor] } =>
                    isFirst && Constant(divisor) is { } divisors
                    && TryScale("Div by", [.. divisors.Select(number => 1 / number)], divisors),
                { OpType: "Add", Inputs: [var left, var right] } =>
                    Constant(isFirst ? right : left) is { } addends && TryShift("Add of", addends, addends),
                { OpType: "Sub", Inputs: [_, var subtrahend] } when isFirst =>
                    Constant(subtrahend) is { } subtrahends
                    && TryShift("Sub of", [.. subtrahends.Select(number => -number)], subtrahends),
                { OpType: "Sub", Inputs: [var minuend, _] } =>
                    Constant(minuend) is { } minuends
                    && TryShift("Sub from", [.. minuends.Select(number => -number)], minuends)
                    && TryScale(null, [-1], []),
                { OpType: "Gather", Inputs: [_, var indices] } =>
                    isFirst && Constant(indices) is { Count: > 1 } order && TryReorder(order),
                { OpType: "Slice", Inputs: [_, _, _, _, var steps] } =>
                    isFirst && Constant(steps) is [-1] && TryReorder(_gains.Select((_, i) => _gains.Count - 1.0 - i)),
                _ => false,
            };
            Value = hasPassed ? node.Outputs[0] : Value;
            return hasPassed;
        }

        /// <summary>Whether quantized numbers become what they were, by the same steps.</summary>
        private bool IsUndone(GraphNode quantize) =>
            graph.ConsumersOf(quantize.Outputs[0]).ToArray()
                is [{ HasOnnxDomain: true, OpType: "DequantizeLinear" } dequantize]
            && quantize.Inputs.Skip(1).SequenceEqual(dequantize.Inputs.Skip(1));

        private IReadOnlyList<double>? Constant(string value) => ConstantNumbers.Of(graph, value);

        private bool TryScale(string? name, IReadOnlyList<double> factors, IReadOnlyList<double> written)
        {
            if (ConstantNumbers.Combine(_gains, factors, (gain, factor) => gain * factor) is not { } gains
                || ConstantNumbers.Combine(_shifts, factors, (shift, factor) => shift * factor) is not { } shifts)
            {
                return false;
            }

            (_gains, _shifts) = (gains, shifts);
            if (name is not null)
            {
                _steps.Add(new GraphStep(name, written));
            }

            return true;
        }

        private bool TryShift(string name, IReadOnlyList<double> addends, IReadOnlyList<double> written)
        {
            if (ConstantNumbers.Combine(_shifts, addends, (shift, addend) => shift + addend) is not { } shifts
                || ConstantNumbers.Combine(_gains, addends, (gain, _) => gain) is not { } gains)
            {
                return false;
            }

            (_gains, _shifts) = (gains, shifts);
            _steps.Add(new GraphStep(name, written));
            return true;
        }

        /// <summary>Another order of the channels, as between RGB and BGR.</summary>
        private bool TryReorder(IEnumerable<double> order)
        {
            _keepsOrder = false;
            if (_gains.Count == 1)
            {
                return true;
            }

            double[] indices = [.. order];
            if (!indices.Order().SequenceEqual(_gains.Select((_, i) => (double)i)))
            {
                return false;
            }

            _gains = [.. indices.Select(index => _gains[(int)index])];
            _shifts = [.. indices.Select(index => _shifts[(int)index])];
            return true;
        }

        private static (string Value, int Channel)?[] Outputs(GraphNode node) =>
            node is { HasOnnxDomain: true, OpType: "Split" }
                ? [.. node.Outputs.Select((output, i) => ((string, int)?)(output, i))]
                : [];

        /// <summary>The channel that a node takes out of the image; null where it does something else.</summary>
        private (string Value, int Channel)? Branch(GraphNode node) => node switch
        {
            { HasOnnxDomain: true, OpType: "Gather", Inputs: [var data, var index], Outputs: [var output] }
                when data == Value && Constant(index) is [var channel and >= 0 and < TensorNumbersReader.MaxCount] =>
                (output, (int)channel),
            { HasOnnxDomain: true, OpType: "Slice", Inputs: [var data, var begin, ..], Outputs: [var output] }
                when data == Value && Constant(begin) is [var channel and >= 0 and < TensorNumbersReader.MaxCount] =>
                (output, (int)channel),
            _ => null,
        };

        /// <summary>Follows each channel by itself to where they are joined again.</summary>
        private bool TryJoin((string Value, int Channel)?[] branches)
        {
            if (branches.Length < 2 || branches.Length > TensorNumbersReader.MaxCount
                || Array.Exists(branches, branch => branch is null)
                || !branches.Select(branch => branch!.Value.Channel).Order().SequenceEqual(
                    Enumerable.Range(0, branches.Length))
                || (_gains.Count > 1 && _gains.Count != branches.Length))
            {
                return false;
            }

            var ends = branches.OfType<(string Value, int Channel)>().Select(branch =>
            {
                var i = _gains.Count == 1 ? 0 : branch.Channel;
                var walk = new Walk(graph, branch.Value, new GraphBeginning([_gains[i]], [_shifts[i]], []));
                return (branch.Channel, Beginning: walk.Follow(isBranch: true), walk.Value, Next: walk.Next());
            }).ToArray();
            if (ends[0].Next is not [{ OpType: "Concat", Outputs: [var joined] } concat]
                || ends.Any(end => end.Next is not [var next] || next != concat || end.Beginning.Gains.Count != 1)
                || concat.Inputs.Count != ends.Length)
            {
                return false;
            }

            ends = [.. ends.OrderBy(end => concat.Inputs.IndexOf(end.Value))];
            _gains = [.. ends.Select(end => end.Beginning.Gains[0])];
            _shifts = [.. ends.Select(end => end.Beginning.Shifts[0])];
            _keepsOrder &= ends.Select(end => end.Channel).SequenceEqual(Enumerable.Range(0, ends.Length));
            _steps.AddRange(GraphStep.Join([.. ends.Select(end => end.Beginning.Steps)]));
            Value = joined;
            return true;
        }
    }
}

/// <summary>A node that scales or shifts the numbers of an image.</summary>
/// <param name="Name">Its operator, and how its numbers are used.</param>
/// <param name="Numbers">Its constants: none, one, or one per channel.</param>
internal sealed record GraphStep(string Name, IReadOnlyList<double> Numbers)
{
    /// <summary>The steps of several channels: one step for all channels where each of them does the same.</summary>
    public static IEnumerable<GraphStep> Join(IReadOnlyList<IReadOnlyList<GraphStep>> channels)
    {
        var first = channels[0];
        return channels.All(steps => steps.Select(step => step.Name).SequenceEqual(first.Select(step => step.Name)))
            ? first.Select((step, i) => step with { Numbers = [.. channels.SelectMany(steps => steps[i].Numbers)] })
            : channels.SelectMany(steps => steps);
    }

    public override string ToString()
    {
        var numbers = string.Join(
            ", ", Numbers.Select(number => ((float)number).ToString("G7", CultureInfo.InvariantCulture)));
        return Numbers.Count switch
        {
            0 => Name,
            1 => $"{Name} {numbers}",
            _ => $"{Name} [{numbers}]",
        };
    }
}
