using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Checks that every record that a stage accepted is either settled or waits: the stage's sequences count the accepted
/// records, and the counts of its sources the settled ones. Missing records are then counted in the ledger as Damaged.
/// </summary>
sealed class Conservation(StoreModel model, RowCheck check)
{
    static readonly int[] Settling =
    [
        .. new[]
        {
            LossReason.DroppedOldest,
            LossReason.Damaged,
            LossReason.Expired,
            LossReason.RetriesExhausted,
            LossReason.Rejected,
            LossReason.ResultTooLarge,
        }.Select(LossCodes.GetCode),
    ];

    /// <summary>
    /// Returns the number of a stage's records that are neither settled nor in the file. Below 0: more records wait
    /// than can.
    /// </summary>
    public static long CountMissing(Queue queue) =>
        queue.Own.Last
        - queue.Groups.Sum(g => (long)g.Live)
        - queue
            .SourceQueues.Values.Append(queue.Own)
            .Sum(sourceQueue => sourceQueue.Completed + Settling.Sum(code => sourceQueue.Losses[code]));

    /// <summary>Returns whether the counts of a stage and its sources are complete and as they were written.</summary>
    public bool AreCountsWhole(Queue queue) =>
        check.CountBadRows(RowKind.SourceQueue) == 0
        && !check.IsInDoubt(RowKind.SourceQueue)
        && !check.IsInDoubt(RowKind.Counts)
        && queue
            .SourceQueues.Values.Append(queue.Own)
            .All(sourceQueue => model.GetOrAddBlock(sourceQueue.Id).Committed != 0);

    /// <summary>Reports the stages whose counts do not add up, and corrects the counts.</summary>
    public void Settle()
    {
        foreach (var queue in model.Queues.Values.Where(q => q.Kind == QueueKind.Stage))
        {
            var missing = CountMissing(queue);
            if (missing == 0)
                continue;
            // Groups that are left out and counts that cannot be read have already been reported.
            if (AreCountsWhole(queue) && (missing < 0 || check.GroupsLeftOut == 0))
                check.AddFinding(
                    $"stage {queue.Stage} of {queue.Pipeline}",
                    missing > 0
                        ? $"{missing} of the records that it accepted {(missing == 1 ? "is" : "are")} neither settled nor there: the counts do not add up"
                        : $"{Quantity.Format(-missing, "record")} more {(missing == -1 ? "waits" : "wait")} than were accepted and not settled: the counts do not add up"
                );
            if (missing > 0)
                queue.Own.Losses[LossCodes.GetCode(LossReason.Damaged)] += missing;
            else
                queue.Own.Last -= missing;
        }
    }
}
