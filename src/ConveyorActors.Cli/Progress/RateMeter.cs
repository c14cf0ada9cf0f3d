namespace ConveyorActors.Cli.Progress;

/// <summary>Measures how fast counters grow, smoothed over the last seconds.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class RateMeter
{
    /// <summary>The time constant of the smoothing; older values have little weight.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromSeconds(4);

    readonly Dictionary<string, (long Count, TimeSpan At, double Rate)> counters = [];

    /// <summary>Records the value of a counter and returns its rate per second.</summary>
    public double Update(string counter, long count, TimeSpan at)
    {
        if (!counters.TryGetValue(counter, out var last))
            last = (0, TimeSpan.Zero, 0);
        var seconds = (at - last.At).TotalSeconds;
        if (seconds <= 0)
            return last.Rate;
        var now = (count - last.Count) / seconds;
        // The first value is the mean so far; later values are smoothed exponentially over the time passed.
        var weight = last.At == TimeSpan.Zero ? 1 : 1 - Math.Exp(-seconds / Memory.TotalSeconds);
        var rate = last.Rate + (now - last.Rate) * weight;
        counters[counter] = (count, at, rate);
        return rate;
    }
}
