using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Contracts;

public abstract partial class BufferServiceContract
{
    static readonly LossReason[] Refusals =
    [
        LossReason.StageFull,
        LossReason.SourceFull,
        LossReason.GlobalFull,
        LossReason.TooLarge,
        LossReason.Duplicate,
        LossReason.Draining,
        LossReason.Held,
    ];

    static readonly LossReason[] Drops = [LossReason.DroppedOldest, LossReason.DroppedNewest];

    static readonly LossReason[] DeadLetterings =
    [
        LossReason.RetriesExhausted,
        LossReason.Rejected,
        LossReason.ResultTooLarge,
    ];

    /// <summary>
    /// Insists that a snapshot adds up: room and records at every level, the levels against each other, the counters
    /// against the ledger, and no level over its limit.
    /// </summary>
    /// <param name="snapshot">What to check.</param>
    /// <param name="limitsWereLowered">True when a level may be over a limit that was lowered under it.</param>
    protected static void AssertConserved(PipelineSnapshot snapshot, bool limitsWereLowered = false)
    {
        AssertLevel(snapshot, "manager", snapshot.Total, limitsWereLowered);
        AssertLedger(snapshot, "manager", snapshot.Total, _ => true);
        foreach (var stage in snapshot.Stages)
        {
            AssertLevel(snapshot, $"stage {stage.Stage}", stage.Level, limitsWereLowered);
            AssertLedger(snapshot, $"stage {stage.Stage}", stage.Level, row => row.Stage == stage.Stage);
        }

        foreach (var source in snapshot.Sources)
        {
            AssertLevel(snapshot, $"source {source.Source}", source.Level, limitsWereLowered);
            AssertLedger(snapshot, $"source {source.Source}", source.Level, row => row.Source == source.Source);
        }

        AssertSum(snapshot, "buffered", level => level.Buffered);
        AssertSum(snapshot, "in flight", level => level.InFlight);
        AssertSum(snapshot, "hopping", level => level.Hopping, mayBeBetweenStages: true);
        AssertSum(snapshot, "pending bytes", level => level.PendingBytes);
        foreach (var stage in snapshot.Stages)
        {
            Assert.True(
                stage.Level.InFlight == stage.Leases.Sum(lease => lease.Records),
                $"stage {stage.Stage}: {stage.Level.InFlight} in flight, but the leases hold {stage.Leases.Sum(lease => lease.Records)}"
            );
        }
    }

    /// <summary>One look of somebody who watches while others work.</summary>
    async Task Watch(CancellationToken cancellationToken)
    {
        await AssertConserved();
        await Task.Yield();
    }

    static void AssertLevel(PipelineSnapshot snapshot, string name, LevelSnapshot level, bool limitsWereLowered)
    {
        Assert.True(level.RoomIsConserved, $"{name} does not conserve its room\n{Described(snapshot)}");
        Assert.True(level.RecordsAreConserved, $"{name} does not conserve its records\n{Described(snapshot)}");
        Assert.True(
            level is { Buffered: >= 0, InFlight: >= 0, Granted: >= 0, Hopping: >= 0, PendingBytes: >= 0 },
            $"{name} is below zero\n{Described(snapshot)}"
        );
        Assert.True(limitsWereLowered || level.Used <= level.Limit, $"{name} is over its limit\n{Described(snapshot)}");
    }

    static void AssertLedger(PipelineSnapshot snapshot, string name, LevelSnapshot level, Func<LossRow, bool> concerns)
    {
        long Sum(params LossReason[] reasons) =>
            snapshot.Losses.Where(row => concerns(row) && reasons.Contains(row.Reason)).Sum(row => row.Count);

        Assert.True(
            (level.Refused, level.Dropped, level.Expired, level.DeadLettered)
                == (Sum(Refusals), Sum(Drops), Sum(LossReason.Expired), Sum(DeadLetterings)),
            $"{name} and the ledger disagree\n{Described(snapshot)}"
        );
    }

    static void AssertSum(
        PipelineSnapshot snapshot,
        string what,
        Func<LevelSnapshot, long> number,
        bool mayBeBetweenStages = false
    )
    {
        var (stages, sources) = (snapshot.Stages.Sum(s => number(s.Level)), snapshot.Sources.Sum(s => number(s.Level)));
        Assert.True(
            number(snapshot.Total) == sources
                && (number(snapshot.Total) == stages || mayBeBetweenStages && number(snapshot.Total) > stages),
            $"{what}: manager {number(snapshot.Total)}, stages together {stages}, sources together {sources}\n{Described(snapshot)}"
        );
    }

    static string Described(PipelineSnapshot snapshot) =>
        string.Join(
            '\n',
            [
                $"{snapshot.Pipeline}, {snapshot.State}",
                $"  manager: {snapshot.Total}",
                .. snapshot.Stages.Select(s => $"  stage {s.Stage}: {s.Level}"),
                .. snapshot.Sources.Select(s => $"  source {s.Source}: {s.Level}"),
                .. snapshot.Losses.Select(row => $"  {row}"),
            ]
        );
}
