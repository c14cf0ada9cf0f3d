namespace ConveyorActors.Testing.Faults;

/// <summary>Specifies the kinds of faults of a call to a buffer service.</summary>
public enum FaultKind
{
    /// <summary>The call succeeds.</summary>
    None,

    /// <summary>The call reaches the service late.</summary>
    Delay,

    /// <summary>An offer is refused and does not reach the service. Other calls are not refused.</summary>
    Refusal,

    /// <summary>The call takes effect and its reply is lost.</summary>
    LostReply,

    /// <summary>
    /// The call takes effect, and before the reply the process that holds the buffers dies and starts again: leases and
    /// credits are void, leased records are back in order and not charged, and all other waiting calls fail.
    /// </summary>
    Crash,
}
