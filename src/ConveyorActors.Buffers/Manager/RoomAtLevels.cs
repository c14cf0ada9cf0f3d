using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Takes room at a stage, a source and the manager together, or at none of them.</summary>
/// <remarks>Stateless. Each call runs under the stage's gate.</remarks>
sealed class RoomAtLevels<T>(ManagerParts<T> parts)
{
    readonly CapacityPool global = parts.Global;

    /// <summary>Returns whether the given bytes fit under the limits at every level of an empty manager.</summary>
    public bool CanEverHold(StageState<T> stage, SourceState source, long bytes) =>
        stage.Pool.CanEverHold(bytes) && source.Pool.CanEverHold(bytes) && global.CanEverHold(bytes);

    /// <summary>Takes room for one record. Returns Accepted, or the status of the level that has no room.</summary>
    public OfferStatus Take_NeedsLock(StageState<T> stage, SourceState source, int bytes)
    {
        if (!stage.Pool.TryTake(bytes))
            return OfferStatus.StageFull;
        if (source.Allowance is { IsUsable: false } || !source.Pool.TryTake(bytes))
        {
            stage.Pool.Release(1, bytes);
            source.Allowance?.RecordShortage(1);
            return OfferStatus.SourceFull;
        }
        if (global.TryTake(bytes))
            return OfferStatus.Accepted;
        stage.Pool.Release(1, bytes);
        source.Pool.Release(1, bytes);
        stage.QueueZoneUpdate(source); // another thread may have read the fill before the room was given back
        return OfferStatus.GlobalFull;
    }

    /// <summary>Takes room for several records at every level, or at none.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="wanted">The room that the records need, in records and in bytes.</param>
    /// <param name="held">
    /// The part of that room that is already held at the source and the manager; at most <paramref name="wanted"/>.
    /// </param>
    public bool TryTakeForAll_NeedsLock(
        StageState<T> stage,
        SourceState source,
        (int Records, long Bytes) wanted,
        (int Records, long Bytes) held
    )
    {
        var (records, bytes) = (wanted.Records - held.Records, wanted.Bytes - held.Bytes);
        if (!stage.Pool.TryTakeAll(wanted.Records, wanted.Bytes))
            return false;
        if (TryTake(source.Pool))
        {
            if (TryTake(global))
                return true;
            source.Pool.Release(records, bytes);
        }
        stage.Pool.Release(wanted.Records, wanted.Bytes);
        stage.QueueZoneUpdate(source); // another thread may have read the fill before the room was given back
        return false;

        bool TryTake(CapacityPool pool) =>
            records > 0 ? pool.TryTakeAll(records, bytes) : pool.TryTakeBytes(bytes, left: pool.ReservedBytes);
    }
}
