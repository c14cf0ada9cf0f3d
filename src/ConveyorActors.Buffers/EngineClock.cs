namespace ConveyorActors.Buffers;

/// <summary>Measures milliseconds that never go back, and converts them to dates.</summary>
/// <remarks>
/// Thread-safe. For the system clock, the tick count is read: this costs a fifth of a timestamp, and a resolution of
/// one millisecond is enough for a buffer.
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

    public DateTimeOffset GetDate(long ms) =>
        ms >= (DateTimeOffset.MaxValue.UtcTicks - startTicks) / TimeSpan.TicksPerMillisecond
            ? DateTimeOffset.MaxValue
            : new(startTicks + ms * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}
