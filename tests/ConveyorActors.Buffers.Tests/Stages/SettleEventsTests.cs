using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>What the store and the manager learn of records that are settled.</summary>
public sealed class SettleEventsTests
{
    readonly List<StageEvent<int>> events = [];
    readonly Room room = new();
    readonly StageBuffer<int> stage;

    public SettleEventsTests()
    {
        stage = StageForTests.Make(
            StageForTests.Plain with
            {
                Backoff = new() { First = TimeSpan.FromMilliseconds(100), Jitter = 0 },
                MaxRetries = 1,
            },
            events.Add,
            room
        );
        stage.Add("web", [1, 2], [10, 20], 0);
        stage.Add("log", [3], [40], 0);
        stage.Add("web", [4, 5], [80, 160], 5);
        events.Clear();
    }

    [Fact]
    public void Completed_records_are_written_source_by_source_in_order()
    {
        var lease = stage.GetBatch(5, 5)!;
        stage.Complete(lease.Id, [1, 3, 4, 5], 5);
        Assert.Equal(["Settled log 3", "Settled web 1,4,5"], events.Select(Shown).Order());
        Assert.Equal(["log 1/40", "web 3/250"], room.Released.Order());
        Assert.Equal((20L, 0L), (Pending("web"), Pending("log")));
        stage.Complete(lease.Id, null, 5);
        Assert.Equal("Settled web 2", Shown(events[^1]));
        Assert.Equal(0, Pending("web"));
    }

    [Fact]
    public void A_lease_that_is_completed_whole_is_written_record_by_record()
    {
        stage.Complete(stage.GetBatch(5, 5)!.Id, null, 5);
        Assert.Equal(["Settled log 3", "Settled web 1,2,4,5"], events.Select(Shown).Order());
        Assert.Equal(["log 1/40", "web 4/270"], room.Released.Order());
    }

    [Fact]
    public void A_hop_is_written_but_releases_no_room()
    {
        var lease = stage.GetBatch(4, 5, oneSource: true)!;
        stage.Hop(lease.Id, [1, 2], 5);
        Assert.Equal(["Settled web 1,2"], events.Select(Shown));
        Assert.Empty(room.Released);
        Assert.Equal((240L, 2L), (Pending("web"), stage.Counts("web").Completed));
    }

    [Fact]
    public void Charged_returns_are_written_with_the_end_of_the_backoff()
    {
        var lease = stage.GetBatch(4, 5, oneSource: true)!;
        stage.ReturnToBuffer(lease.Id, [1, 2, 5], "failed", charge: true, 7);
        var returned = Assert.IsType<StageEvent<int>.Returned>(Assert.Single(events));
        Assert.Equal("Returned web 1,2,5", Shown(returned));
        Assert.Equal(("failed", 107), (returned.Reason, returned.SleepsUntil));
        Assert.Empty(room.Released);
        Assert.Equal(270, Pending("web"));
        stage.Complete(lease.Id, null, 7);
        stage.DeadLetter(stage.GetBatch(9, 107)!.Id, null, "rejected", 107);
        // The sizes of the returned records came back, too.
        Assert.Equal(["web 1/80", "log 1/40", "web 1/10", "web 1/20", "web 1/160"], room.Released);
    }

    [Fact]
    public void Uncharged_returns_are_not_written()
    {
        stage.ReturnToBuffer(stage.GetBatch(5, 5)!.Id, null, "stopped", charge: false, 5);
        Assert.Empty(events);
        Assert.Empty(room.Released);
    }

    [Fact]
    public void Dead_letters_are_written_before_the_records_that_are_returned()
    {
        stage.ReturnToBuffer(stage.GetBatch(1, 5)!.Id, null, "failed", charge: true, 5);
        events.Clear();
        stage.ReturnToBuffer(stage.GetBatch(2, 105, oneSource: true)!.Id, null, "again", charge: true, 105);
        Assert.Equal(["DeadLettered web 1", "Returned web 2"], events.Select(Shown));
        Assert.Equal(["web 1/10"], room.Released);
        Assert.Equal(260, Pending("web"));
    }

    [Fact]
    public void Nothing_is_written_of_records_that_are_not_open()
    {
        var lease = stage.GetBatch(5, 5)!;
        stage.Complete(lease.Id, [1], 5);
        events.Clear();
        room.Released.Clear();
        stage.Complete(lease.Id, [1, 99], 5);
        stage.ReturnToBuffer(lease.Id, [1], "failed", charge: true, 5);
        stage.DeadLetter(lease.Id, [1], "rejected", 5);
        Assert.Empty(events);
        Assert.Empty(room.Released);
    }

    [Fact]
    public void The_room_of_a_lease_without_a_store_is_released_source_by_source()
    {
        var plain = StageForTests.Make(room: room);
        plain.Add("web", [1, 2], [10, 20], 0);
        plain.Add("log", [3], [40], 0);
        plain.Add("web", [4, 5], [80, 160], 5);
        var lease = plain.GetBatch(5, 5)!;
        plain.Complete(lease.Id, [2], 5);
        plain.Complete(lease.Id, null, 5);
        Assert.Equal(["web 1/20", "log 1/40", "web 3/250"], room.Released);
        Assert.Equal(0, plain.FindQueue("web")!.PendingBytes);
    }

    long Pending(string source) => stage.FindQueue(source)!.PendingBytes;

    static string Shown(StageEvent<int> happened) =>
        happened switch
        {
            StageEvent<int>.Settled { Dropped: false } s => $"Settled {s.Source} {string.Join(',', s.Sequences)}",
            StageEvent<int>.Returned r => $"Returned {r.Source} {string.Join(',', r.Sequences)}",
            StageEvent<int>.DeadLettered d => $"DeadLettered {d.Source} {d.Sequence}",
            _ => happened.GetType().Name,
        };

    sealed class Room : IStageRoom
    {
        public List<string> Released { get; } = [];

        public bool IsMemoryFull => false;

        public void Release(SourceQueue queue, int records, long bytes) =>
            Released.Add($"{queue.SourceId} {records}/{bytes}");

        public void RecordSpilled(int records, long bytes) => throw new NotSupportedException();
    }
}
