using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Enqueuing;

public class BufferActorLaneTests
{
    readonly BufferActorLane lane = new(Target(0));
    readonly BufferActorLanes lanes = new();

    [Fact]
    public void A_batch_is_sent_when_it_is_due_and_no_other_batch_is_in_progress()
    {
        Assert.Null(lane.TakeNext());
        Fill(1);
        Assert.Null(lane.TakeNext());
        lane.IsDue = true;
        var first = lane.TakeNext();
        Assert.Equal(1, first!.Count);
        Fill(2);
        lane.IsDue = true;
        Assert.Null(lane.TakeNext());
        lane.EndBatch();
        Assert.Equal(2, lane.TakeNext()!.Count);
        Assert.False(lane.IsDue);
        Assert.False(lane.IsEmpty);
        lane.EndBatch();
        Assert.True(lane.IsEmpty);
    }

    [Fact]
    public void The_memory_of_a_burst_is_not_kept_for_ever()
    {
        GoAndReturn(10_000);
        for (var i = 0; i < 30; i++)
            GoAndReturn(1);
        Fill(1);
        lane.IsDue = true;
        Assert.InRange(lane.TakeNext()!.Capacity, 1, 16);
        Assert.InRange(lane.Open.Capacity, 1, 16);
    }

    [Fact]
    public void The_memory_of_a_steady_flow_is_reused()
    {
        for (var i = 0; i < 4; i++)
            GoAndReturn(1000);
        HashSet<BufferActorBatch> used = [];
        for (var i = 0; i < 10; i++)
            used.Add(GoAndReturn(900));
        Assert.Equal(2, used.Count);
    }

    [Fact]
    public void A_lane_is_found_by_its_target_and_only_once_by_its_pass()
    {
        var first = lanes.GetOrAddLane(Target(1));
        Assert.Same(first, lanes.GetOrAddLane(Target(1)));
        Assert.NotSame(first, lanes.GetOrAddLane(Target(2)));
        Assert.Same(first, lanes.GetOrAddLane(Target(1)));
        var pass = lanes.AssignPass(first);
        Assert.Same(first, lanes.TakePass(pass));
        Assert.Null(lanes.TakePass(pass));
    }

    [Fact]
    public void Idle_lanes_are_removed_and_busy_lanes_stay()
    {
        var busy = lanes.GetOrAddLane(Target(-1));
        busy.Open.Add(new ConveyorRecord("1", Array.Empty<byte>()), null);
        for (var i = 0; i < 10_000; i++)
        {
            var idle = lanes.GetOrAddLane(Target(i));
            Assert.Same(idle, lanes.GetOrAddLane(Target(i)));
        }
        Assert.InRange(lanes.All.Count(), 1, 300);
        Assert.Same(busy, lanes.GetOrAddLane(Target(-1)));
    }

    [Fact]
    public void Many_busy_lanes_all_stay()
    {
        for (var i = 0; i < 3_000; i++)
            lanes.GetOrAddLane(Target(i)).Open.Add(new ConveyorRecord("1", Array.Empty<byte>()), null);
        Assert.Equal(3_000, lanes.All.Count());
    }

    static BufferTarget Target(int number) => new("shop", "enrich", $"web-{number}");

    void Fill(int records)
    {
        for (var i = 0; i < records; i++)
            lane.Open.Add(new ConveyorRecord("1", Array.Empty<byte>()), null);
    }

    BufferActorBatch GoAndReturn(int records)
    {
        Fill(records);
        lane.IsDue = true;
        var went = lane.TakeNext()!;
        lane.EndBatch();
        return went;
    }
}
