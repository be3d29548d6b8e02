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

    // How long a load may go on that was told to end: because its time was up, or because nobody wants it any more. A
    // process that exits while native code runs may crash.
    private static readonly TimeSpan LateEndingTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EarlyEndingTime = TimeSpan.FromSeconds(4);

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
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the load early.</param>
    /// <returns>The model, or why there is none; neither for a load that took too long.</returns>
    /// <exception cref="OperationCanceledException">The load was ended early.</exception>
    public async Task<(ClassifierModel? Model, ModelLoadException? Fault)> RunAsync(
        TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var end = new CancellationTokenSource();
        var thread = new Thread(() => Load(end.Token), StackBytes) { IsBackground = true, Name = "model load" };
        thread.Start();
        if (!await HasEndedWithinAsync(limit, time, cancellationToken).ConfigureAwait(false))
        {
            IsLate = !cancellationToken.IsCancellationRequested;
            end.Cancel();
            await AbandonUnlessEndedAsync(IsLate ? LateEndingTime : EarlyEndingTime).ConfigureAwait(false);
        }

        if (IsAbandoned)
        {
            WhenEnded(end.Dispose);
        }
        else
        {
            end.Dispose();
        }

        if (end.IsCancellationRequested)
        {
            if (!IsAbandoned)
            {
                _model?.Dispose();
            }

            return IsLate ? default : throw new OperationCanceledException(cancellationToken);
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

    private async Task AbandonUnlessEndedAsync(TimeSpan endingTime)
    {
        if (!await HasEndedWithinAsync(endingTime, TimeProvider.System, CancellationToken.None).ConfigureAwait(false))
        {
            lock (_gate)
            {
                IsAbandoned = !_ended.Task.IsCompleted;
            }
        }
    }

    private async Task<bool> HasEndedWithinAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await _ended.Task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
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
