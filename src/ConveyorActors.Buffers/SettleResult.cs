namespace ConveyorActors.Buffers;

/// <summary>What became of completing, returning or hopping records of a lease.</summary>
public enum SettleStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The lease's deadline had passed and its records had gone back to the buffer. Nothing changed.</summary>
    LeaseExpired,

    /// <summary>
    /// The stage knows no open lease of this id: it was settled before, or never given. Nothing changed.
    /// </summary>
    UnknownLease,
}

/// <summary>The answer to settling records of a lease.</summary>
/// <param name="Status">Ok, or why nothing changed.</param>
/// <param name="Settled">How many records left the lease by this call.</param>
/// <param name="DeadLettered">How many of them went to the dead letters, having no retries left.</param>
/// <param name="Waiting">For a hop: how many results are still waiting for room. They go over by themselves.</param>
public readonly record struct SettleResult(SettleStatus Status, int Settled, int DeadLettered = 0, int Waiting = 0)
{
    /// <summary>True when the lease was open and the call took effect.</summary>
    public bool IsOk => Status == SettleStatus.Ok;
}
