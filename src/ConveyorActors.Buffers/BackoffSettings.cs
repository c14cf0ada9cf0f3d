namespace ConveyorActors.Buffers;

/// <summary>How long a source waits after one of its records was returned: exponential, bounded, jittered.</summary>
/// <remarks>
/// Wait number n (from 1) is <c>min(Max, First * Factor^(n-1))</c>, times a random number from <c>1 - Jitter</c> to
/// <c>1</c>.
/// </remarks>
public sealed record BackoffSettings
{
    /// <summary>No wait: a returned record can be leased again at once.</summary>
    public static BackoffSettings None { get; } = new() { First = TimeSpan.Zero, Max = TimeSpan.Zero };

    /// <summary>The first wait. Default 100 ms; from 0 (no wait) to <see cref="TimeSpan.MaxValue"/>.</summary>
    public TimeSpan First
    {
        get;
        init => field = Durations.NotNegative(value, "Backoff.First");
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait. Default 10 s; from 0 to <see cref="TimeSpan.MaxValue"/>.</summary>
    public TimeSpan Max
    {
        get;
        init => field = Durations.NotNegative(value, "Backoff.Max");
    } = TimeSpan.FromSeconds(10);

    /// <summary>What each wait is multiplied by for the next. Default 2; from 1 to 100.</summary>
    public double Factor
    {
        get;
        init =>
            field = value is >= 1 and <= 100
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Factor),
                    value,
                    $"Backoff.Factor is {value}; it must be from 1 to 100."
                );
    } = 2;

    /// <summary>The share of a wait that chance may take off. Default 0.2; from 0 to 1.</summary>
    public double Jitter
    {
        get;
        init =>
            field = value is >= 0 and <= 1
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Jitter),
                    value,
                    $"Backoff.Jitter is {value}; it must be from 0 to 1."
                );
    } = 0.2;

    /// <summary>The wait after a record's <paramref name="retry"/>th return, in milliseconds.</summary>
    /// <param name="retry">From 1.</param>
    /// <param name="random">From 0 (inclusive) to 1 (exclusive): the chance in the jitter.</param>
    public long DelayMilliseconds(int retry, double random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retry, 1);
        if (First == TimeSpan.Zero)
            return 0; // a wait of zero stays zero, even if the power of the factor is infinite
        var full = Math.Min(Max.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(Factor, retry - 1));
        return Math.Min((long)Math.Round(full * (1 - Jitter * random)), Durations.Milliseconds(TimeSpan.MaxValue));
    }
}
