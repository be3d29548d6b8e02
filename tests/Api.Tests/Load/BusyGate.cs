using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Holds every permit of the gate, so that admitted requests wait for one.</summary>
internal sealed class BusyGate : IDisposable
{
    private readonly Stack<ComputeGate.Permit> _places = [];

    public static async Task<BusyGate> OccupyAsync(RunningService service)
    {
        _ = service.Client;
        var gate = service.Services.GetRequiredService<ComputeGate>();
        var busy = new BusyGate();
        for (var place = 0; place < Environment.ProcessorCount; place++)
        {
            busy._places.Push(await gate.EnterAsync(CancellationToken.None));
        }

        return busy;
    }

    public void Dispose()
    {
        while (_places.TryPop(out var place))
        {
            place.Dispose();
        }
    }
}
