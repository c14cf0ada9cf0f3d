using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers;

/// <summary>
/// Provides the calls of the port that are not public on the manager: the port names a lease by its id.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
readonly struct PortCalls<T>(ManagerParts<T> parts)
{
    public SettleResult Complete(string stage, long lease, IReadOnlyList<long>? sequences) =>
        parts.Leases.Complete(stage, lease, sequences);

    public SettleResult Complete(string stage, long lease, IReadOnlyList<long>? sequences, Checkpoint checkpoint) =>
        parts.Checkpoints.Complete(stage, lease, sequences, checkpoint);

    public SettleResult ReturnToBuffer(
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge
    ) => parts.Leases.ReturnToBuffer(stage, lease, sequences, reason, charge);

    public SettleResult DeadLetter(string stage, long lease, IReadOnlyList<long>? sequences, string reason) =>
        parts.Leases.DeadLetter(stage, lease, sequences, reason);

    public SettleResult Abandon(string stage, IReadOnlyList<long> leases, string reason) =>
        parts.Leases.Abandon(stage, leases, reason);

    public SettleResult Renew(string stage, long lease) => parts.Leases.Renew(stage, lease);

    public SettleResult Hop(
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results
    ) => parts.Hops.Hop(stage, lease, sequences, targetStage, results, out _);

    public ValueTask<SettleResult> HopAsync(
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results,
        CancellationToken cancellationToken
    ) => parts.Hops.HopAsync(stage, lease, sequences, targetStage, results, cancellationToken);

    /// <summary>Gets the last sequence that was assigned to a record of any stage.</summary>
    public long LastSequence => parts.Stages.FindLastSequence();

    /// <summary>Gets the number of records that were read from the store, by source.</summary>
    public IReadOnlyDictionary<string, long> RestoredBySource => parts.Restorer.RestoredBySource;

    /// <summary>Gets whether the manager has stopped.</summary>
    public bool HasStopped => parts.Stop.HasStopped;

    /// <summary>Copies the holds and the stages' settings of a manager that this one replaces.</summary>
    public void TakeOver(BufferManager<T> replaced)
    {
        parts.Holds.HoldLike(replaced);
        parts.Limits.ConfigureStagesLike(replaced);
    }
}
