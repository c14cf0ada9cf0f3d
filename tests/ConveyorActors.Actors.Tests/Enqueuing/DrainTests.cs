using Akka.TestKit;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>A buffer actor that is to end passes on what it has, now, and says when nothing is left.</summary>
public class DrainTests : BufferActorKit
{
    [Fact]
    public async Task An_empty_buffer_is_drained_at_once() => Assert.True(await IsDrained(Drain()));

    [Fact]
    public async Task Gathered_records_are_sent_now_and_later_ones_at_once()
    {
        Send("1");
        Send(new Enqueue(Other, Make("a")));
        var drainer = Drain();
        var (first, second) = (await Pass("1"), await Pass("a"));
        Send("2");
        await Answer(first, Took(1));
        first = await Pass("2");
        await Answer(second, Took(1));
        Assert.False(await IsDrained(drainer));
        await Answer(first, Took(1));
        Assert.True(await IsDrained(drainer));
        await Counts(depth: 0, passedOn: 3);
    }

    [Fact]
    public async Task Refused_records_are_offered_again_at_once_and_then_soon()
    {
        Send("1", "2", "3", "4");
        for (var i = 0; i < 4; i++)
        {
            await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
            if (i < 3)
                await Advance(40);
        }
        var drainer = Drain();
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
        await Advance(10);
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        Assert.True(await IsDrained(drainer));
        await Advance(1000);
        await NoPass();
    }

    [Fact]
    public async Task Lost_records_do_not_keep_a_buffer_from_being_drained()
    {
        Send("1", "2");
        var drainer = Drain();
        await Answer(await Pass("1", "2"), Stopped(OfferStatus.Draining));
        Assert.True(await IsDrained(drainer));
        await Counts(depth: 0, passedOn: 0, lost: 2);
    }

    [Fact]
    public async Task Every_waiter_for_the_end_is_notified()
    {
        Send("1");
        var (first, second) = (Drain(), Drain());
        await Answer(await Pass("1"), Took(1));
        Assert.True(await IsDrained(first));
        Assert.True(await IsDrained(second));
    }

    TestProbe Drain()
    {
        var drainer = CreateTestProbe();
        Buffer.Actor.Tell(new BufferActor.Drain(), drainer.Ref);
        return drainer;
    }

    async Task<bool> IsDrained(TestProbe drainer)
    {
        await Rest();
        return drainer.HasMessages && drainer.ExpectMsg<BufferActor.Drained>() is not null;
    }
}
