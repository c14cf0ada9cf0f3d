using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>A stage without a manager, and what a test reads of it.</summary>
static class StageForTests
{
    /// <summary>Settings without backoff, with leases of one second.</summary>
    public static StageSettings Plain { get; } =
        new()
        {
            Backoff = BackoffSettings.None,
            LeaseTimeout = TimeSpan.FromSeconds(1),
            MaxRetries = 2,
        };

    public static StageBuffer<int> Make(
        StageSettings? settings = null,
        Action<StageEvent<int>>? changed = null,
        IStageRoom? room = null
    ) => new("p", "s", settings ?? Plain, ms => DateTimeOffset.UnixEpoch.AddMilliseconds(ms), changed, 1, room);

    /// <summary>Adds the numbers from the first to the last as records of a source.</summary>
    public static void Fill(this StageBuffer<int> stage, string source, int first, int last, long now = 0) =>
        stage.Add(source, Enumerable.Range(first, last - first + 1).ToArray(), [], now);

    public static int[] Records(this Lease<int>? lease) =>
        [.. Enumerable.Range(0, lease?.Count ?? 0).Select(lease!.GetRecord)];

    /// <summary>Returns the records that wait, in the order of their sequences.</summary>
    public static int[] Waiting(this StageBuffer<int> stage) =>
        [.. stage.Peek(int.MaxValue).OrderBy(r => r.Sequence).Select(r => r.Record)];

    public static int[] Dead(this StageBuffer<int> stage) =>
        [.. stage.DeadLetters.List(int.MaxValue).Select(l => l.Record.Record)];

    public static QueueCounts Counts(this StageBuffer<int> stage, string source) => stage.FindQueue(source)!.Counts;

    /// <summary>Checks that each accepted record is pending, completed or a dead letter.</summary>
    public static void AssertConserved(this StageBuffer<int> stage)
    {
        foreach (var queue in stage.Queues)
            Assert.Equal(
                queue.Counts.Accepted,
                queue.Buffered + queue.InFlight + queue.Counts.Completed + queue.Counts.Losses.DeadLettered
            );
        Assert.Equal(stage.Queues.Sum(q => q.Buffered), stage.Buffered);
        Assert.Equal(stage.Queues.Sum(q => q.InFlight), stage.InFlight);
        Assert.Equal(stage.Leases.Sum(l => l.Open), stage.InFlight);
    }
}
