using Akka.Event;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>What nobody consumes leaves room for the others, and is told so early.</summary>
public class BufferActorShareTests()
    : ConveyorTestKit(
        """
        akka.loglevel = OFF
        conveyor.buffer-actors { count = 1, batch-size = 16, batch-age = 1 ms }
        conveyor.buffers { max-per-stage = 500, max-per-source = 400 }
        """
    )
{
    static readonly BufferTarget Healthy = new("q", "other", "y");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 50)]
    [InlineData(5, 1)]
    [InlineData(40, 5)]
    public async Task Pipelines_without_consumers_leave_room_for_the_others(int pipelines, int sources)
    {
        for (var i = 0; i < 60_000; i++)
            Conveyor.Buffers.Tell(
                new Enqueue(new($"p{i % pipelines}", "s", $"x{i % sources}"), Make($"r{i}")),
                ActorRefs.NoSender
            );
        await AwaitAssertAsync(
            async () =>
                Assert.True(
                    (
                        await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Healthy, Make("first")), Patience)
                    ).IsAccepted
                ),
            Patience
        );
        for (var i = 0; i < 200; i++)
            Assert.True(
                (await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Healthy, Make($"z{i}")), Patience)).IsAccepted
            );
        Assert.Equal(201, (await Service.PeekAsync("q", "other", 1_000)).Count);
        var core = Conveyor.BufferActors[0];
        Assert.Equal(0, core.Lost);
        Assert.True(core.Refused >= 60_000 - core.Capacity - 500 * pipelines, $"{core}");
        // Another stage of a pipeline that is stuck goes on, too.
        Assert.True(
            (
                await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(new("p0", "elsewhere", "w"), Make("w")), Patience)
            ).IsAccepted
        );
    }

    [Fact]
    public async Task A_refusal_names_its_reason_and_its_target()
    {
        BufferTarget stuck = new("p", "s", "x");
        var dropped = CreateTestProbe();
        for (var i = 0; i < 20_000; i++)
            Conveyor.Buffers.Tell(new Enqueue(stuck, Make($"r{i}")), ActorRefs.NoSender);
        Sys.EventStream.Subscribe(dropped.Ref, typeof(Dropped));
        await AwaitAssertAsync(
            async () =>
                Assert.Equal(
                    EnqueueOutcome.SourceFull,
                    (await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(stuck, Make("asked")), Patience)).Status
                ),
            Patience
        );
        Conveyor.Buffers.Tell(new Enqueue(stuck, Make("told")), ActorRefs.NoSender);
        var drop = (Dropped)
            await dropped.FishForMessageAsync(m => m is Dropped { Message: Enqueue { Record.Id: "told" } }, Patience);
        Assert.Equal(
            "p/s from x has its share of the buffer actor (conveyor.buffer-actors.share = 0.5) and accepts no more: SourceFull",
            drop.Reason
        );
    }

    [Fact]
    public async Task A_consumed_pipeline_may_fill_its_share_again()
    {
        BufferTarget target = new("p", "s", "x");
        for (var i = 0; i < 20_000; i++)
            Conveyor.Buffers.Tell(new Enqueue(target, Make($"r{i}")), ActorRefs.NoSender);
        var last = -1;
        while (Conveyor.BufferActors[0].Depth > 0)
        {
            var batch = await Service.GetBatchAsync("p", "s", new(400));
            foreach (var record in batch.Records)
            {
                var number = int.Parse(record.Record.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
                Assert.True(number > last, $"{number} after {last}");
                last = number;
            }
            await Service.CompleteAsync("p", "s", batch.Id);
        }
        var rest = await Service.GetBatchAsync("p", "s", new(400));
        await Service.CompleteAsync("p", "s", rest.Id);
        Assert.True(
            (await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(target, Make("again")), Patience)).IsAccepted
        );
    }

    [Fact]
    public void Shares_leave_room_for_others_even_if_many_pipelines_are_stuck()
    {
        BufferActorShare share = new(1_000, 0.5);
        var held = 0;
        foreach (var lane in Enumerable.Range(0, 20).Select(i => new BufferActorLane(new($"p{i % 10}", "s", $"x{i}"))))
        {
            for (var taken = 0; !share.IsOver(lane, 1); taken++, held++)
            {
                Assert.True(taken < 500);
                lane.Open.Add(Make("r"), null);
                share.UpdateCount(lane);
            }
        }
        Assert.InRange(held, 500, 999);
    }
}
