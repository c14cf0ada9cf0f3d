using System.Globalization;

namespace ConveyorActors.Testing;

/// <summary>Formats every number of a snapshot, for the message of a failing test.</summary>
static class SnapshotText
{
    /// <summary>Returns all levels and the ledger, one per line.</summary>
    public static string Format(PipelineSnapshot snapshot) =>
        string.Join(
            '\n',
            [
                $"pipeline {snapshot.Pipeline}, {snapshot.State}",
                $"  {Format(snapshot, "manager", snapshot.Total, _ => true)}",
                .. snapshot.Stages.Select(s =>
                    $"  {Format(snapshot, $"stage {s.Stage}", s.Level, row => row.Stage == s.Stage)}"
                    + $"; leases {s.Leases.Count}, dead letters {s.DeadLetters}, waiting offers {s.WaitingOffers},"
                    + $" waiting consumers {s.WaitingConsumers}"
                ),
                .. snapshot.Sources.Select(s =>
                    $"  {Format(snapshot, $"source {s.Source}", s.Level, row => row.Source == s.Source)}; {s.Signal}"
                ),
                .. snapshot.Losses.Select(row =>
                    $"  lost at stage {row.Stage}, source {row.Source}: {row.Count} {row.Reason}"
                ),
            ]
        );

    /// <summary>Returns the numbers of one level, in the form of the sums that must hold.</summary>
    /// <param name="snapshot">The snapshot, for its ledger.</param>
    /// <param name="name">The name of the level.</param>
    /// <param name="level">The numbers.</param>
    /// <param name="concerns">Returns whether a row of the ledger belongs to the level.</param>
    public static string Format(
        PipelineSnapshot snapshot,
        string name,
        LevelSnapshot level,
        Func<LossRow, bool> concerns
    )
    {
        var lost = snapshot
            .Losses.Where(concerns)
            .GroupBy(row => row.Reason)
            .OrderBy(reason => reason.Key)
            .Select(reason => $" + {reason.Key} {reason.Sum(row => row.Count)}");
        return $"{name}: offered {level.Offered}, completed {level.Completed}{string.Concat(lost)} + pending {level.Pending}"
            + $" (buffered {level.Buffered}, in flight {level.InFlight}, hopping {level.Hopping}, stored {level.Stored});"
            + $" counted: accepted {level.Accepted}, refused {level.Refused}, dropped {level.Dropped}, expired {level.Expired},"
            + $" dead-lettered {level.DeadLettered}, retries {level.Retries};"
            + $" room: used {level.Used} of {level.Limit}, granted {level.Granted};"
            + $" bytes: {level.PendingBytes} of {level.LimitBytes?.ToString(CultureInfo.InvariantCulture) ?? "any"}";
    }
}
