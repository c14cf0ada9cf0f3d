using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Takes room at a stage, at a source and at the manager together, or at none of them.</summary>
/// <remarks>Has no state of its own. The stage's gate guards each call.</remarks>
sealed class RoomAtLevels<T>(ManagerParts<T> parts)
{
    readonly CapacityPool global = parts.Global;

    /// <summary>Returns whether so many bytes fit under the limits at every level while nothing else is there.</summary>
    public bool CouldEverHold(StageState<T> stage, SourceState source, long bytes) =>
        stage.Pool.CouldEverHold(bytes) && source.Pool.CouldEverHold(bytes) && global.CouldEverHold(bytes);

    /// <summary>Takes room for one record. Returns the level that has none, or that it is accepted.</summary>
    public OfferStatus Take_NeedsLock(StageState<T> stage, SourceState source, int bytes)
    {
        if (!stage.Pool.TryTake(bytes))
            return OfferStatus.StageFull;
        if (source.Allowance is { IsUsable: false } || !source.Pool.TryTake(bytes))
        {
            stage.Pool.Release(1, bytes);
            source.Allowance?.Lacked(1);
            return OfferStatus.SourceFull;
        }
        if (global.TryTake(bytes))
            return OfferStatus.Accepted;
        stage.Pool.Release(1, bytes);
        source.Pool.Release(1, bytes);
        stage.QueueZoneUpdate(source); // another thread may have seen the fill that has not come about
        return OfferStatus.GlobalFull;
    }

    /// <summary>Takes room for some records at every level, or none at any.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="wanted">The room that they need, in records and in bytes.</param>
    /// <param name="held">What of it is held already at the source and the manager; not more than is wanted.</param>
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
        stage.QueueZoneUpdate(source); // another thread may have seen the fill that has not come about
        return false;

        bool TryTake(CapacityPool pool) =>
            records > 0 ? pool.TryTakeAll(records, bytes) : pool.TryTakeBytes(bytes, left: pool.ReservedBytes);
    }
}
