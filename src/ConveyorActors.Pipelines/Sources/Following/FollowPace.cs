namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// Determines how often a file is checked: soon after new data, and less and less often while there is none.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FollowPace(TimeProvider clock)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(25),
        Longest = TimeSpan.FromMilliseconds(400);

    TimeSpan next = Shortest;

    /// <summary>Makes the next check come soon, because new data has arrived.</summary>
    public void Quicken() => next = Shortest;

    /// <summary>Waits until the next check is due.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var now = next;
        next = now * 2 < Longest ? now * 2 : Longest;
        return Task.Delay(now, clock, cancellationToken);
    }
}
