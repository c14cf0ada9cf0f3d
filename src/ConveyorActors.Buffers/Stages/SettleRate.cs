namespace ConveyorActors.Buffers.Stages;

/// <summary>Measures how many records per second were settled recently, over two windows of five seconds.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
struct SettleRate
{
    const long WindowMs = 5_000;

    long windowStart;
    long current;
    long previous;

    public void Add(int records, long now)
    {
        Roll(now);
        current += records;
    }

    public double GetRatePerSecond(long now)
    {
        Roll(now);
        var intoWindow = now - windowStart;
        return (current + previous * (double)(WindowMs - intoWindow) / WindowMs) * 1000.0 / WindowMs;
    }

    void Roll(long now)
    {
        var windows = (now - windowStart) / WindowMs;
        if (windows < 1)
            return;
        previous = windows == 1 ? current : 0;
        current = 0;
        windowStart += windows * WindowMs;
    }
}
