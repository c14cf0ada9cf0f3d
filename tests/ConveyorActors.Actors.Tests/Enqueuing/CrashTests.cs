using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>A buffer actor's actor that crashes goes on where it stopped.</summary>
public class CrashTests : BufferActorKit
{
    [Fact]
    public async Task Gathered_records_are_passed_on_after_their_time()
    {
        Send("1", "2");
        await Kill();
        Send("3");
        await Advance(50);
        await Answer(await Pass("1", "2", "3"), Took(3));
        await Counts(depth: 0, passedOn: 3);
    }

    [Fact]
    public async Task The_reply_to_a_pending_command_is_still_accepted()
    {
        var asker = SendAsked("1");
        var pass = await Pass("1");
        await Kill();
        await NoPass();
        await Answer(pass, Took(1));
        Assert.True((await Told(asker)).IsAccepted);
        await Untold(asker);
        await Counts(depth: 0, passedOn: 1);
    }

    [Fact]
    public async Task Refused_records_are_still_offered_again()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
        await Kill();
        await Kill();
        await NoPass();
        await Advance(10);
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        await Counts(depth: 0, passedOn: 4);
    }

    [Fact]
    public async Task Waiters_for_the_end_are_still_notified()
    {
        Send("1", "2", "3", "4");
        var pass = await Pass("1", "2", "3", "4");
        var drainer = CreateTestProbe();
        Buffer.Actor.Tell(new BufferActor.Drain(), drainer.Ref);
        await Kill();
        await Answer(pass, Took(4));
        drainer.ExpectMsg<BufferActor.Drained>(Patience);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task An_invalid_reply_does_not_stop_the_queue(int results)
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), [.. Enumerable.Repeat(Stopped(OfferStatus.StageFull), results)]);
        await Advance(40);
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        await Counts(depth: 0, passedOn: 4);
    }

    [Fact]
    public async Task An_unknown_message_is_unhandled()
    {
        var unhandled = CreateTestProbe();
        Sys.EventStream.Subscribe(unhandled.Ref, typeof(Akka.Event.UnhandledMessage));
        Door.Tell("what?");
        Assert.Equal("what?", unhandled.ExpectMsg<Akka.Event.UnhandledMessage>(Patience).Message);
        await Counts(depth: 0, passedOn: 0);
    }

    [Fact]
    public void Missing_records_and_targets_are_refused_by_the_constructor()
    {
        Assert.StartsWith(
            "Record is null",
            Assert.Throws<ArgumentNullException>(() => new Enqueue(Target, null!)).Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "Target is null",
            Assert.Throws<ArgumentNullException>(() => new Enqueue(null!, Make("1"))).Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "Target is null",
            Assert.Throws<ArgumentNullException>(() => new EnqueueBatch(null!, MakeMany("1"))).Message,
            StringComparison.Ordinal
        );
        var missing = Assert.Throws<ArgumentNullException>(() =>
            new EnqueueBatch(Target, (ConveyorRecord[])[Make("1"), null!])
        );
        Assert.StartsWith("Records[1] is null", missing.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => new Enqueue(Target, Make("1")) with { Record = null! });
        Assert.Throws<ArgumentNullException>(() =>
            new EnqueueBatch(Target, MakeMany("1")) with
            {
                Records = new ConveyorRecord[1],
            }
        );
    }
}
