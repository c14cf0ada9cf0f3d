namespace ConveyorActors.Buffers;

/// <summary>
/// Specifies how long a source waits after one of its records was returned: an exponential backoff with an upper bound
/// and jitter.
/// </summary>
/// <remarks>
/// Wait number n (from 1) is <c>min(Max, First * Factor^(n-1))</c>, multiplied by a random number from
/// <c>1 - Jitter</c> to <c>1</c>.
/// </remarks>
public sealed record BackoffSettings
{
    /// <summary>Gets settings without a wait: a returned record can be leased again at once.</summary>
    public static BackoffSettings None { get; } = new() { First = TimeSpan.Zero, Max = TimeSpan.Zero };

    /// <summary>
    /// The first wait. Default 100 ms; from 0 (no wait) to <see cref="TimeSpan.MaxValue"/>. A first wait above
    /// <see cref="Max"/> is shortened to it.
    /// </summary>
    public TimeSpan First
    {
        get;
        init => field = Durations.ValidateNotNegative(value, "Backoff.First");
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait. Default 10 s; from 0 to <see cref="TimeSpan.MaxValue"/>.</summary>
    public TimeSpan Max
    {
        get;
        init => field = Durations.ValidateNotNegative(value, "Backoff.Max");
    } = TimeSpan.FromSeconds(10);

    /// <summary>The factor by which each wait is multiplied to get the next. Default 2; from 1 to 100.</summary>
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

    /// <summary>The share of a wait that jitter may subtract at random. Default 0.2; from 0 to 1.</summary>
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

    /// <summary>
    /// Returns the wait after the return number <paramref name="retry"/> of a record, in milliseconds.
    /// </summary>
    /// <param name="retry">The number of the return, from 1.</param>
    /// <param name="random">The random number for the jitter, from 0 (inclusive) to 1 (exclusive).</param>
    public long GetDelayMilliseconds(int retry, double random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retry, 1);
        if (First == TimeSpan.Zero)
            return 0; // a wait of zero stays zero, even if the power of the factor is infinite
        var full = Math.Min(Max.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(Factor, retry - 1));
        return Math.Min((long)Math.Round(full * (1 - Jitter * random)), Durations.ToMilliseconds(TimeSpan.MaxValue));
    }
}
