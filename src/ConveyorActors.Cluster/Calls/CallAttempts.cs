namespace ConveyorActors.Cluster.Calls;

/// <summary>The attempts of one call: whether there may be another one, and when.</summary>
/// <remarks>For the one method that makes the call. A mutable value, so that a call needs no object for it.</remarks>
/// <param name="clock">Measures the time.</param>
/// <param name="timeout">How long a call is repeated before it is given up.</param>
/// <param name="kind">Whether the call may be repeated.</param>
struct CallAttempts(TimeProvider clock, TimeSpan timeout, CallKind kind)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10),
        LongestPause = TimeSpan.FromMilliseconds(250);

    long began = clock.GetTimestamp(),
        sent;
    TimeSpan next = FirstPause;

    /// <summary>
    /// Gets or sets whether the reply of an attempt was lost, so that the call may have been executed.
    /// </summary>
    public bool WasLost { get; set; }

    /// <summary>
    /// Gets whether an identified call may have been executed: if it fails now, its effect is not known.
    /// </summary>
    public readonly bool IsUnknown => WasLost && kind == CallKind.Identified;

    /// <summary>Begins an attempt.</summary>
    public void Begin() => sent = clock.GetTimestamp();

    /// <summary>Ends an attempt that failed. Returns false when the time for the call is over.</summary>
    /// <param name="pause">How long to wait before the next attempt.</param>
    public bool MayRepeat(out TimeSpan pause)
    {
        // The call may have waited for long before the pipeline moved, so the time starts again.
        if (kind is CallKind.Waiting or CallKind.Identified && clock.GetElapsedTime(sent) > LongestPause)
            (began, next) = (clock.GetTimestamp(), FirstPause);
        pause = next;
        next = next * 2 < LongestPause ? next * 2 : LongestPause;
        return clock.GetElapsedTime(began) < timeout;
    }
}
