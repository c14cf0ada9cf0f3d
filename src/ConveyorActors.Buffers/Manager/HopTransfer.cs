using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Moves the results of a hop into their target stage, in order: each result takes room there, is dropped, becomes a
/// dead letter, or waits together with all results after it.
/// </summary>
/// <remarks>Stateless. Each call runs under the gate of the target stage.</remarks>
sealed class HopTransfer<T>(ManagerParts<T> parts)
{
    /// <summary>Moves results until one finds no room.</summary>
    /// <param name="stage">The target stage.</param>
    /// <param name="queue">The source's queue there.</param>
    /// <param name="hop">The hop.</param>
    /// <param name="pass">
    /// For a hop that has waited and has room reserved: the room that it must leave to others. Null: the hop has just
    /// arrived, and leaves all reserved room.
    /// </param>
    /// <param name="bytesTakenOver">The bytes that the hop took over from its records.</param>
    public void Transfer_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ParkedHop<T> hop,
        HopPass? pass,
        ref long bytesTakenOver
    )
    {
        if (pass is null && hop.Ids is null && hop.Waiting > 1 && queue.Stored == 0)
            TransferAllOrNone_NeedsLock(stage, queue, hop, ref bytesTakenOver);
        while (hop.Waiting > 0 && queue.Stored == 0)
            if (!TryAdvance_NeedsLock(stage, queue, hop, pass, ref bytesTakenOver))
                return;
    }

    /// <summary>
    /// Moves all results of a hop that has just arrived, if there is room for all of them at every level; otherwise
    /// moves none, and each result is handled separately.
    /// </summary>
    void TransferAllOrNone_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ParkedHop<T> hop,
        ref long bytesTakenOver
    )
    {
        var source = queue.Source!;
        var results = hop.Results.Span[hop.Next..];
        var sizes = hop.Bytes is { } all ? all.AsSpan(hop.Next) : default;
        var bytes = RecordAdmission<T>.Sum(sizes);
        var retained = Math.Min(hop.Retained, results.Length);
        // A result without the room of a source record must reserve all its bytes.
        var brought = sizes.IsEmpty ? 0 : Math.Min(RecordAdmission<T>.Sum(sizes[..retained]), bytesTakenOver);
        // Limits may have been lowered below the room that the hop took over.
        if (
            !parts.Levels.CanEverHold(stage, source, bytes)
            || !parts.Levels.TryTakeForAll_NeedsLock(stage, source, (results.Length, bytes), (retained, brought))
        )
            return;
        bytesTakenOver -= brought;
        hop.Retained -= retained;
        queue.HopRetained -= retained;
        queue.Hopping -= results.Length;
        hop.Next += results.Length;
        RecordAdmission<T>.PlaceAll_NeedsLock(stage, queue, results, sizes);
    }

    /// <summary>
    /// Handles the next result, or makes room for it by dropping another record. Returns false when the result waits.
    /// </summary>
    bool TryAdvance_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ParkedHop<T> hop,
        HopPass? pass,
        ref long bytesTakenOver
    )
    {
        var source = queue.Source!;
        var isReserved = pass is not null;
        var (record, bytes, id) = (hop.Results.Span[hop.Next], hop.GetBytes(hop.Next), hop.Ids?[hop.Next]);
        if (!parts.Levels.CanEverHold(stage, source, bytes))
        {
            DeadLetter_NeedsLock(stage, queue, hop, record, bytes);
            return true;
        }
        if (IsDuplicate_NeedsLock(stage, id))
        {
            Lose_NeedsLock(stage, queue, hop, LossReason.Duplicate);
            return true;
        }
        if (!(isReserved ? stage.Pool.TryTakeReserved(bytes) : stage.Pool.TryTake(bytes)))
            return ApplyFullMode_NeedsLock(stage, queue, hop, isReserved);
        if (!parts.Reservations.TryTakeAbove_NeedsLock(stage, source, hop, bytes, pass, ref bytesTakenOver))
        {
            stage.Pool.Release(1, bytes);
            stage.QueueZoneUpdate(source);
            return false;
        }
        if (hop.Retained > 0)
        {
            hop.Retained--;
            queue.HopRetained--;
        }
        else if (isReserved)
            parts.Reservations.ReserveAbove(source, hop, -1);
        parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
        parts.Admission.Place_NeedsLock(stage, queue, record, bytes, id);
        return true;
    }

    static bool IsDuplicate_NeedsLock(StageState<T> stage, string? id) =>
        !string.IsNullOrEmpty(id)
        && stage.Buffer.Settings.Duplicates is { } window
        && stage.Duplicates.Contains(id, window, stage.Now);

    /// <summary>
    /// Applies the full mode of a full stage. Returns whether the transfer continues, because the oldest record or the
    /// next result was removed.
    /// </summary>
    bool ApplyFullMode_NeedsLock(StageState<T> stage, SourceQueue<T> queue, ParkedHop<T> hop, bool isReserved)
    {
        switch (stage.Buffer.Settings.FullMode)
        {
            case FullMode.DropOldest:
                return (isReserved || stage.Pool.Reserved == 0) && stage.Buffer.Oldest.Drop(stage.Now);
            case FullMode.DropNewest:
                Lose_NeedsLock(stage, queue, hop, LossReason.DroppedNewest);
                return true;
            default:
                return false;
        }
    }

    void Lose_NeedsLock(StageState<T> stage, SourceQueue<T> queue, ParkedHop<T> hop, LossReason reason)
    {
        parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
        queue.Counts.Losses.Add(reason, 1);
    }

    void DeadLetter_NeedsLock(StageState<T> stage, SourceQueue<T> queue, ParkedHop<T> hop, T record, int bytes)
    {
        parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
        stage.Buffer.DeadLetters.AddResult(
            queue,
            record,
            bytes,
            LossReason.ResultTooLarge,
            $"{bytes} bytes are more than a limit admits",
            stage.Now
        );
    }
}
