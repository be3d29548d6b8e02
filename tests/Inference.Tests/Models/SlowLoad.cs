using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Decides how long a repository takes to load a model.</summary>
internal sealed class SlowLoad
{
    private readonly object _gate = new();
    private int _begun;
    private int _released;

    public SlowLoad(ModelRepository repository, string name) => repository.Reading = state =>
    {
        if (state.Name == name)
        {
            Add(ref _begun);
            Take(ref _released);
        }
    };

    /// <summary>Waits until the model is being loaded.</summary>
    public void WaitUntilItRuns() => Take(ref _begun);

    /// <summary>Lets one load go on, which runs or will run.</summary>
    public void Release() => Add(ref _released);

    /// <summary>Waits until the model is being loaded, runs an action, then lets the load go on.</summary>
    public void WhileItRuns(Action action)
    {
        WaitUntilItRuns();
        try
        {
            action();
        }
        finally
        {
            Release();
        }
    }

    private void Add(ref int count)
    {
        lock (_gate)
        {
            count++;
            Monitor.PulseAll(_gate);
        }
    }

    private void Take(ref int count)
    {
        lock (_gate)
        {
            while (count == 0)
            {
                Monitor.Wait(_gate);
            }

            count--;
        }
    }
}
