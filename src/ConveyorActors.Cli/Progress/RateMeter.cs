namespace ConveyorActors.Cli.Progress;

/// <summary>How fast counters grow, smoothed over the last seconds.</summary>
/// <remarks>One thread.</remarks>
sealed class RateMeter
{
    /// <summary>Older than this weighs little.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromSeconds(4);

    readonly Dictionary<string, (long Count, TimeSpan At, double Rate)> counters = [];

    /// <summary>Notes where a counter is, and answers its rate per second.</summary>
    public double Note(string counter, long count, TimeSpan at)
    {
        if (!counters.TryGetValue(counter, out var last))
            last = (0, TimeSpan.Zero, 0);
        var seconds = (at - last.At).TotalSeconds;
        if (seconds <= 0)
            return last.Rate;
        var now = (count - last.Count) / seconds;
        // The first value is the mean so far; after that, exponential smoothing over the time that has passed.
        var weight = last.At == TimeSpan.Zero ? 1 : 1 - Math.Exp(-seconds / Memory.TotalSeconds);
        var rate = last.Rate + (now - last.Rate) * weight;
        counters[counter] = (count, at, rate);
        return rate;
    }
}
