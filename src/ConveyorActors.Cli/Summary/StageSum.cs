using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Cli.Summary;

/// <summary>Adds up the results of all lines offered to one stage.</summary>
sealed record StageSum(
    string Stage,
    long Offered,
    long Settled,
    long DeadLettered,
    long Dropped,
    long Expired,
    long Refused,
    long Unfinished
)
{
    public static StageSum From(StageSnapshot stage) =>
        new(
            stage.Stage,
            stage.Level.Offered,
            stage.Level.Completed,
            stage.Level.DeadLettered,
            stage.Level.Dropped,
            stage.Level.Expired,
            stage.Level.Refused,
            stage.Level.Pending
        );

    /// <summary>
    /// Gets the number of lines missing on the right side of offered = settled + dead-lettered + ...; 0 when the sum
    /// adds up.
    /// </summary>
    public long Missing => Offered - Settled - DeadLettered - Dropped - Expired - Refused - Unfinished;

    public bool AddsUp => Missing == 0;
}
