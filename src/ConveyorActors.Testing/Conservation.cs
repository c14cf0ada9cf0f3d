namespace ConveyorActors.Testing;

/// <summary>Checks that the numbers of a snapshot add up.</summary>
static class Conservation
{
    /// <summary>Returns a sentence for each sum that is wrong.</summary>
    public static IEnumerable<string> Check(PipelineSnapshot snapshot, bool limitsWereLowered) =>
        [
            .. CheckLevel(snapshot, "manager", snapshot.Total, _ => true, limitsWereLowered),
            .. snapshot.Stages.SelectMany(s =>
                CheckLevel(snapshot, $"stage {s.Stage}", s.Level, row => row.Stage == s.Stage, limitsWereLowered)
            ),
            .. snapshot.Sources.SelectMany(s =>
                CheckLevel(snapshot, $"source {s.Source}", s.Level, row => row.Source == s.Source, limitsWereLowered)
            ),
            .. CheckSum(snapshot, "buffered", level => level.Buffered),
            .. CheckSum(snapshot, "in flight", level => level.InFlight),
            .. CheckSum(snapshot, "hopping", level => level.Hopping, mayBeBetweenStages: true),
            .. CheckSum(snapshot, "pending bytes", level => level.PendingBytes),
            .. snapshot
                .Stages.Where(s => s.Level.InFlight != s.Leases.Sum(lease => lease.Records))
                .Select(s =>
                    $"stage {s.Stage}: {s.Level.InFlight} in flight, but the leases hold {s.Leases.Sum(l => l.Records)}"
                ),
        ];

    static IEnumerable<string> CheckLevel(
        PipelineSnapshot snapshot,
        string name,
        LevelSnapshot level,
        Func<LossRow, bool> concerns,
        bool limitsWereLowered
    )
    {
        var ledger = new LossLedger();
        foreach (var row in snapshot.Losses.Where(concerns))
            ledger.Add(row.Reason, row.Count);
        var lost = ledger.GetRows().Sum(row => row.Count);
        if (level.Offered != level.Completed + lost + level.Pending)
            yield return $"{name}: offered {level.Offered} is not completed {level.Completed} + lost {lost}"
                + $" + pending {level.Pending}; the difference is {level.Offered - level.Completed - lost - level.Pending}";
        if (!level.RecordsAreConserved)
            yield return $"{name}: offered {level.Offered} is not completed {level.Completed} + refused {level.Refused}"
                + $" + dropped {level.Dropped} + expired {level.Expired} + dead-lettered {level.DeadLettered}"
                + $" + pending {level.Pending}";
        if (
            (level.Refused, level.Dropped, level.Expired, level.DeadLettered)
            != (ledger.Refused, ledger.Dropped, ledger.Expired, ledger.DeadLettered)
        )
            yield return $"{name}: the ledger has refused {ledger.Refused}, dropped {ledger.Dropped},"
                + $" expired {ledger.Expired} and dead-lettered {ledger.DeadLettered}, the level has {level.Refused},"
                + $" {level.Dropped}, {level.Expired} and {level.DeadLettered}";
        if (!level.RoomIsConserved)
            yield return $"{name}: used {level.Used} is not granted {level.Granted} + buffered {level.Buffered}"
                + $" + in flight {level.InFlight}";
        if (
            level
            is { Buffered: < 0 }
                or { InFlight: < 0 }
                or { Granted: < 0 }
                or { Hopping: < 0 }
                or { PendingBytes: < 0 }
        )
            yield return $"{name}: a number is below zero";
        if (!limitsWereLowered && level.Used > level.Limit)
            yield return $"{name}: used {level.Used} is over the limit {level.Limit}";
    }

    /// <summary>
    /// Checks a number of the manager against its sums over stages and over sources. For a moment, results of a hop are
    /// counted only by the manager and their source.
    /// </summary>
    static IEnumerable<string> CheckSum(
        PipelineSnapshot snapshot,
        string what,
        Func<LevelSnapshot, long> number,
        bool mayBeBetweenStages = false
    )
    {
        var total = number(snapshot.Total);
        var (stages, sources) = (snapshot.Stages.Sum(s => number(s.Level)), snapshot.Sources.Sum(s => number(s.Level)));
        if (total != sources || total != stages && !(mayBeBetweenStages && total > stages))
            yield return $"{what}: manager {total}, stages together {stages}, sources together {sources}";
    }
}
