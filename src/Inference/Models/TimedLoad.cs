using System.Runtime.ExceptionServices;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// One load on a thread of its own, for which the caller waits only for so long. Used once.
/// </summary>
/// <param name="load">Loads, and ends early when it is cancelled.</param>
internal sealed class TimedLoad(Func<CancellationToken, ClassifierModel> load)
{
    // Graphs may be nested, and ONNX Runtime follows them recursively.
    private const int StackBytes = 16 << 20;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private ClassifierModel? _model;
    private Exception? _fault;

    /// <summary>Whether it was told to end because its time was up.</summary>
    public bool IsLate { get; private set; }

    /// <summary>Whether it went on after it was told to end, and was left alone.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Loads, and waits for the model.</summary>
    /// <param name="limit">How long the load may take.</param>
    /// <param name="endingTime">How long to wait for it after that.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the load early.</param>
    /// <returns>The model, or why there is none; neither for an abandoned load.</returns>
    public (ClassifierModel? Model, ModelLoadException? Fault) Run(
        TimeSpan limit, TimeSpan endingTime, TimeProvider time, CancellationToken cancellationToken)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var thread = new Thread(() => Load(end.Token), StackBytes) { IsBackground = true, Name = "model load" };
        thread.Start();
        if (!HasEndedWithin(limit, time))
        {
            IsLate = true;
            end.Cancel();
            if (!HasEndedWithin(endingTime, TimeProvider.System))
            {
                lock (_gate)
                {
                    IsAbandoned = !_ended.Task.IsCompleted;
                }
            }
        }

        if (IsAbandoned)
        {
            WhenEnded(end.Dispose);
            return default;
        }

        end.Dispose();
        if (IsLate)
        {
            _model?.Dispose();
            return default;
        }

        if (_fault is not (null or ModelLoadException))
        {
            ExceptionDispatchInfo.Throw(_fault);
        }

        return (_model, (ModelLoadException?)_fault);
    }

    /// <summary>Does something after the load has ended.</summary>
    public void WhenEnded(Action action) =>
        _ended.Task.ContinueWith(_ => action(), CancellationToken.None, default, TaskScheduler.Default);

    private bool HasEndedWithin(TimeSpan limit, TimeProvider time)
    {
        try
        {
            _ended.Task.WaitAsync(limit, time).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Load(CancellationToken cancellationToken)
    {
        try
        {
            _model = load(cancellationToken);
        }
        catch (Exception fault)
        {
            _fault = fault;
        }

        NativeHeap.Trim();
        lock (_gate)
        {
            if (IsAbandoned)
            {
                _model?.Dispose();
            }

            _ended.SetResult();
        }
    }
}
