namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// How often a file is looked at: soon after something came, less and less often as long as nothing does.
/// </summary>
/// <remarks>One thread.</remarks>
sealed class FollowPace(TimeProvider clock)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(25),
        Longest = TimeSpan.FromMilliseconds(400);

    TimeSpan next = Shortest;

    /// <summary>Something came: look again soon.</summary>
    public void Quicken() => next = Shortest;

    /// <summary>Waits until it is time to look again.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var now = next;
        next = now * 2 < Longest ? now * 2 : Longest;
        return Task.Delay(now, clock, cancellationToken);
    }
}
