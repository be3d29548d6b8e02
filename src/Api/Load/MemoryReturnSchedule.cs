namespace SoftmaxService.Api.Load;

/// <summary>
/// When to try to give memory back: while much more is resident than at the least, and most often after that has grown.
/// </summary>
/// <param name="atStart">How many bytes are resident at the start.</param>
internal sealed class MemoryReturnSchedule(long atStart)
{
    public const long WorthwhileBytes = 16 << 20;

    // Pools give back what they hold some seconds after it was last used. These are tried one after another; each later
    // one waits twice as long as the one before, as a request may hold its memory for as long as it may last.
    private const int PromptTries = 5;
    private const int MaxTries = PromptTries + 5; // the last one in the 67th period

    private long _inUse = atStart;
    private long _afterTry = atStart;
    private int _tries;
    private int _waited;

    /// <summary>Whether to try now; to be asked once in each period in which a try holds up nobody.</summary>
    /// <param name="resident">How many bytes are resident now.</param>
    public bool IsDue(long resident)
    {
        if (resident <= _inUse + WorthwhileBytes || resident > _afterTry + WorthwhileBytes)
        {
            (_tries, _waited) = (0, 0);
        }

        _inUse = Math.Min(_inUse, resident);
        _waited++;
        return resident > _inUse + WorthwhileBytes && _waited >= 1 << Math.Max(0, _tries - PromptTries + 1);
    }

    /// <summary>A try has been made. What stays after the last one is in use.</summary>
    /// <param name="resident">How many bytes it has left resident.</param>
    public void Tried(long resident)
    {
        _waited = 0;
        _tries++;
        _afterTry = resident;
        _inUse = _tries < MaxTries ? Math.Min(_inUse, resident) : resident;
    }
}
