namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// Determines how often a file is checked: soon after new data, and less and less often while there is none.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FollowPace(TimeProvider clock)
{
    public static readonly TimeSpan Min = TimeSpan.FromMilliseconds(25),
        Max = TimeSpan.FromMilliseconds(400);

    TimeSpan next = Min;

    /// <summary>Makes the next check come soon, because new data has arrived.</summary>
    public void Reset() => next = Min;

    /// <summary>Waits until the next check is due.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var now = next;
        next = now * 2 < Max ? now * 2 : Max;
        return Task.Delay(now, clock, cancellationToken);
    }
}
