using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// A loaded ONNX file: its declared inputs and outputs, and a session that any number of threads may run at once.
/// </summary>
public sealed class OnnxModel : IDisposable
{
    private OnnxModel(InferenceSession session, GraphOutline graph, CancellationToken cancellationToken)
    {
        LoadCancelled = cancellationToken;
        Session = session;
        Graph = graph;
        Inputs = Describe(session.InputNames, session.InputMetadata);
        Outputs = Describe(session.OutputNames, session.OutputMetadata);
        Metadata = session.ModelMetadata.CustomMetadataMap;
    }

    /// <summary>The version of ONNX Runtime that runs models here, such as <c>1.31.1</c>.</summary>
    public static string RuntimeVersion => OnnxRuntimeEnvironment.Version;

    /// <summary>
    /// The inputs that a run needs, in graph order, without initializers that have a default.
    /// </summary>
    public IReadOnlyList<OnnxTensorInfo> Inputs { get; }

    /// <summary>The outputs, in graph order.</summary>
    public IReadOnlyList<OnnxTensorInfo> Outputs { get; }

    /// <summary>What the exporting tool wrote into the file's <c>metadata_props</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    internal InferenceSession Session { get; }

    /// <summary>Cancelled when the load is to end early.</summary>
    internal CancellationToken LoadCancelled { get; }

    /// <summary>The nodes of the file, as far as they could be read.</summary>
    internal GraphOutline Graph { get; }

    /// <summary>Parses and optimizes an ONNX file for the CPU.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="cancellationToken">Ends the load early, which then fails.</param>
    /// <exception cref="InvalidDataException">ONNX Runtime cannot load the file; the message says why.</exception>
    public static OnnxModel Load(string path, OnnxSettings settings, CancellationToken cancellationToken = default)
    {
        using var files = new PrivateCopy(path);
        try
        {
            var graph = GraphOutlineReader.Read(files.ModelPath);
            GraphLimits.Check(graph);
            files.Append(ZipMaps.Appendix(graph));
            return Load(
                options => new InferenceSession(files.ModelPath, options), () => graph, files.Length, settings,
                cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException(files.InTermsOfTheOriginal(exception.Message), exception.InnerException);
        }
        catch (GraphLimitException exception)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    /// <summary>Parses and optimizes a model in memory for the CPU.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="settings">How to run it.</param>
    /// <exception cref="InvalidDataException">ONNX Runtime cannot load the model; the message says why.</exception>
    public static OnnxModel Load(byte[] model, OnnxSettings settings) =>
        Load(
            options => new InferenceSession(model, options), () => GraphOutlineReader.Read(new MemoryStream(model)),
            model.Length, settings, CancellationToken.None);

    /// <summary>
    /// Runs the model on zeros and describes the outputs that can hold scores, with every size known.
    /// </summary>
    /// <param name="input">The graph's input.</param>
    /// <param name="inputShape">The shape for one item, with every size known.</param>
    /// <param name="items">The number of items of a run; more than 1 only for a graph with that fixed batch.</param>
    /// <exception cref="InvalidDataException">The model does not run on that shape.</exception>
    public IReadOnlyList<OnnxTensorInfo> MeasureScores(
        OnnxTensorInfo input, IReadOnlyList<int> inputShape, int items = 1)
    {
        OnnxTensorInfo[] candidates = [.. Outputs.Where(output => ScoresEncoding.Of(Graph, output) is not null)];
        if (candidates.Length == 0)
        {
            return [];
        }

        var element = TensorElements.Named(input.ElementType)
            ?? throw new InvalidDataException($"input '{input.Name}' holds {input.ElementType}");
        using var zeros = new TensorBuffer(element, [.. inputShape], items);
        try
        {
            using var options = new RunOptions();
            using var ending = EndWithLoad(options);
            using var outputs = Session.Run(
                options, [input.Name], [zeros.Value(items)], [.. candidates.Select(output => output.Name)]);
            return [.. candidates.Zip(outputs, (output, value) => output with { Shape = ShapeOf(value) })];
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException(
                $"the warm-up run failed: {OnnxRuntimeFault.Describe(exception)}", exception);
        }
    }

    /// <summary>Runs the model on items one by one and returns the scores of several outputs.</summary>
    /// <param name="input">The graph's input.</param>
    /// <param name="inputShape">The shape for one item, with every size known.</param>
    /// <param name="items">The items.</param>
    /// <param name="copies">
    /// How often a run repeats its item; more than 1 only for a graph with that fixed batch, whose outputs follow it.
    /// </param>
    /// <param name="outputs">The outputs to return, which can hold scores.</param>
    /// <returns>For each output, the numbers for each item that the model can run.</returns>
    internal List<float[]>[] RunEach(
        OnnxTensorInfo input, IReadOnlyList<int> inputShape, IReadOnlyList<float[]> items, int copies,
        IReadOnlyList<OnnxTensorInfo> outputs)
    {
        var element = TensorElements.Named(input.ElementType)
            ?? throw new InvalidDataException($"input '{input.Name}' holds {input.ElementType}");
        ScoresEncoding[] encodings = [.. outputs.Select(output => ScoresEncoding.Of(Graph, output)
            ?? throw new InvalidDataException($"output '{output.Name}' holds {output.ElementType}"))];
        using var buffer = new TensorBuffer(element, [.. inputShape], copies);
        using var options = new RunOptions();
        using var ending = EndWithLoad(options);
        List<float[]>[] rows = [.. outputs.Select(_ => new List<float[]>())];
        foreach (var item in items)
        {
            for (var copy = 0; copy < copies; copy++)
            {
                TensorElements.Encode(item, element, buffer.Item(copy));
            }

            try
            {
                using var values = Session.Run(
                    options, [input.Name], [buffer.Value(copies)], [.. outputs.Select(output => output.Name)]);
                for (var i = 0; i < rows.Length; i++)
                {
                    var bytes = values[i].GetTensorMutableRawData();
                    rows[i].Add(encodings[i].Decode(bytes[..(bytes.Length / copies)]));
                }
            }
            catch (OnnxRuntimeException)
            {
                // An item that the model cannot run says nothing about its outputs.
            }
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => Session.Dispose();

    /// <summary>
    /// Until the result is disposed, runs with these options end when the load is cancelled.
    /// </summary>
    internal CancellationTokenRegistration EndWithLoad(RunOptions options) =>
        EndWhenCancelled(options, LoadCancelled);

    /// <summary>
    /// Until the result is disposed, runs with these options end when the token is cancelled. Call
    /// <see cref="AllowRuns"/> before the options are used again.
    /// </summary>
    internal static CancellationTokenRegistration EndWhenCancelled(
        RunOptions options, CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
            static options => ((RunOptions)options!).Terminate = true, options); // never null: it is given here

    internal static void AllowRuns(RunOptions options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            options.Terminate = false;
        }
    }

    internal static int[] ShapeOf(OrtValue tensor) =>
        [.. tensor.GetTensorTypeAndShape().Shape.Select(size => checked((int)size))];

    private static OnnxModel Load(
        Func<SessionOptions, InferenceSession> open, Func<GraphOutline> read, long modelBytes, OnnxSettings settings,
        CancellationToken cancellationToken)
    {
        OnnxRuntimeEnvironment.EnsureCreated();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = settings.IntraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.use_env_allocators", "1");

        // Weights are freed with the model; in the arena they would leave a hole.
        options.AddSessionConfigEntry("session.use_device_allocator_for_initializers", "1");
        GraphLimits.Apply(options, modelBytes);

        using var ending = cancellationToken.Register(() => options.SetLoadCancellationFlag(true));
        InferenceSession? session = null;
        try
        {
            session = open(options);
            return new OnnxModel(session, read(), cancellationToken);
        }
        catch (Exception exception)
        {
            session?.Dispose();
            SharedArena.GiveBack();
            if (exception is OnnxRuntimeException fault)
            {
                throw new InvalidDataException(
                    $"ONNX Runtime cannot load it: {OnnxRuntimeFault.Describe(fault)}", exception);
            }

            throw;
        }
    }

    private static OnnxTensorInfo[] Describe(
        IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata) =>
        [.. names.Distinct().Select(name =>
            new OnnxTensorInfo(name, ElementTypeOf(metadata[name]), ShapeOf(metadata[name])))];

    private static string ElementTypeOf(NodeMetadata node) =>
        node.IsTensor ? node.ElementDataType.ToString().ToLowerInvariant() : node.OnnxValueType.ToString();

    private static int[] ShapeOf(NodeMetadata node) =>
        node.IsTensor ? [.. node.Dimensions.Select(size => size < 1 ? OnnxTensorInfo.Dynamic : size)] : [];
}
