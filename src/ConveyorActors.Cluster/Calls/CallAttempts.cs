namespace ConveyorActors.Cluster.Calls;

/// <summary>The attempts of one call. Decides whether and when to repeat it.</summary>
/// <remarks>
/// Used by the method that makes the call only. A mutable struct, so that a call needs no object for it.
/// </remarks>
/// <param name="clock">The clock that the time is measured by.</param>
/// <param name="timeout">How long a call is repeated before it fails.</param>
/// <param name="kind">Whether the call may be repeated.</param>
struct CallAttempts(TimeProvider clock, TimeSpan timeout, CallKind kind)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10),
        MaxPause = TimeSpan.FromMilliseconds(250);

    long began = clock.GetTimestamp(),
        sent;
    TimeSpan next = FirstPause;

    /// <summary>
    /// Gets or sets whether the reply of an attempt was lost, so that the call may have been executed.
    /// </summary>
    public bool WasLost { get; set; }

    /// <summary>
    /// Gets whether an identified call may have been executed. If it fails in that state, its effect is not known.
    /// </summary>
    public readonly bool IsUnknown => WasLost && kind == CallKind.Identified;

    /// <summary>Begins an attempt.</summary>
    public void Begin() => sent = clock.GetTimestamp();

    /// <summary>Ends an attempt that failed. Returns false if the time for the call is over.</summary>
    /// <param name="pause">The time to wait before the next attempt.</param>
    public bool CanRepeat(out TimeSpan pause)
    {
        // The call may have waited for long before the pipeline moved, so the time starts again.
        if (kind is CallKind.Waiting or CallKind.Identified && clock.GetElapsedTime(sent) > MaxPause)
            (began, next) = (clock.GetTimestamp(), FirstPause);
        pause = next;
        next = next * 2 < MaxPause ? next * 2 : MaxPause;
        return clock.GetElapsedTime(began) < timeout;
    }
}
