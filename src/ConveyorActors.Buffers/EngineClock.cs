namespace ConveyorActors.Buffers;

/// <summary>Milliseconds since some moment, never going back, and the dates they stand for.</summary>
/// <remarks>
/// Thread-safe. The system's clock is read by its tick count, which costs a fifth of a timestamp; a buffer needs no
/// more than a millisecond.
/// </remarks>
sealed class EngineClock
{
    readonly TimeProvider provider;
    readonly bool isSystem;
    readonly long startTicks;
    readonly long startTimestamp;

    public EngineClock(TimeProvider provider)
    {
        this.provider = provider;
        isSystem = ReferenceEquals(provider, TimeProvider.System);
        startTimestamp = isSystem ? Environment.TickCount64 : provider.GetTimestamp();
        startTicks = provider.GetUtcNow().UtcTicks;
    }

    public TimeProvider Provider => provider;

    public long NowMs =>
        isSystem
            ? Environment.TickCount64 - startTimestamp
            : (long)provider.GetElapsedTime(startTimestamp).TotalMilliseconds;

    public DateTimeOffset DateOf(long ms) =>
        ms >= (DateTimeOffset.MaxValue.UtcTicks - startTicks) / TimeSpan.TicksPerMillisecond
            ? DateTimeOffset.MaxValue
            : new(startTicks + ms * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}
