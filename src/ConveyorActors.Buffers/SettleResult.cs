namespace ConveyorActors.Buffers;

/// <summary>Specifies the outcome of completing, returning or hopping records of a lease.</summary>
public enum SettleStatus : byte
{
    /// <summary>The call took effect.</summary>
    Ok,

    /// <summary>The lease's deadline had passed and its records had gone back to the buffer. Nothing changed.</summary>
    LeaseExpired,

    /// <summary>
    /// The stage has no open lease with this id: it was settled before, or never existed. Nothing changed.
    /// </summary>
    UnknownLease,
}

/// <summary>The result of settling records of a lease.</summary>
/// <param name="Status">Ok, or the reason why nothing changed.</param>
/// <param name="Settled">
/// The number of records that left the lease by this call: completed, returned or dead-lettered. Sequences that are not
/// open in the lease are skipped, so it may be 0.
/// </param>
/// <param name="DeadLettered">
/// The number of them that became dead letters, by request or because they had no retries left.
/// </param>
/// <param name="Waiting">
/// For a hop: the number of results that still wait for room. They move to the target stage as room becomes free.
/// </param>
public readonly record struct SettleResult(SettleStatus Status, int Settled, int DeadLettered = 0, int Waiting = 0)
{
    /// <summary>Gets whether the lease was open and the call took effect.</summary>
    public bool IsOk => Status == SettleStatus.Ok;
}
