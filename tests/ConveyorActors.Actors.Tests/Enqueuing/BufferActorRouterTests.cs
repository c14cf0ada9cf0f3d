using Akka.Event;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>The door: the sender's own thread takes the room, or hears that there is none.</summary>
public class BufferActorRouterTests : BufferActorKit
{
    // Nobody works on what is let in: what is said here is said by the sender's thread.
    void LetNobodyWork() => Buffer.Actor = Pipelines.Ref;

    [Fact]
    public void Messages_in_the_mailbox_of_the_actor_count()
    {
        LetNobodyWork();
        Send([.. Enumerable.Range(1, 16).Select(i => $"{i}")]);
        Assert.Equal(16, Buffer.GetSnapshot().Depth);
        var asker = SendAsked("17");
        Assert.Equal(
            new EnqueueResult(EnqueueOutcome.BufferFull, 0, 0, BackpressureSignal.None, 0),
            asker.ExpectMsg<EnqueueResult>(TimeSpan.Zero)
        );
        Assert.Equal((16, 1), (Buffer.GetSnapshot().Depth, Buffer.GetSnapshot().Refused));
    }

    [Fact]
    public void A_batch_is_admitted_whole_or_not_at_all()
    {
        LetNobodyWork();
        var asker = CreateTestProbe();
        Send(new EnqueueBatch(Target, MakeMany([.. Enumerable.Range(1, 14).Select(i => $"{i}")])));
        Send(new EnqueueBatch(Target, MakeMany("a", "b", "c"), ExpectsReply: true), asker.Ref);
        Assert.Equal(EnqueueOutcome.BufferFull, asker.ExpectMsg<EnqueueResult>(TimeSpan.Zero).Status);
        Send(new EnqueueBatch(Target, MakeMany("a", "b"), ExpectsReply: true), asker.Ref);
        Assert.False(asker.HasMessages);
        Assert.Equal((16, 3), (Buffer.GetSnapshot().Depth, Buffer.GetSnapshot().Refused));
    }

    [Fact]
    public async Task A_full_buffer_refuses_at_once()
    {
        LetNobodyWork();
        Send([.. Enumerable.Range(1, 16).Select(i => $"{i}")]);
        Assert.Equal(
            EnqueueOutcome.BufferFull,
            (await Door.Ask<EnqueueResult>(new Enqueue(Target, Make("17")), Patience)).Status
        );
    }

    [Fact]
    public void A_refused_fire_and_forget_command_is_published()
    {
        LetNobodyWork();
        Send([.. Enumerable.Range(1, 16).Select(i => $"{i}")]);
        var sender = CreateTestProbe();
        Send(new Enqueue(Target, Make("17")), sender.Ref);
        var dropped = Losses.ExpectMsg<Dropped>(TimeSpan.Zero);
        Assert.Equal("17", Assert.IsType<Enqueue>(dropped.Message).Record.Id);
        Assert.Equal(
            ("the buffer actor is full", sender.Ref, Buffer.Actor),
            (dropped.Reason, dropped.Sender, dropped.Recipient)
        );
        Assert.False(sender.HasMessages);
        Send(new Enqueue(Target, Make("18"), ExpectsReply: true)); // nobody to answer
        Assert.Equal("18", Assert.IsType<Enqueue>(Losses.ExpectMsg<Dropped>(TimeSpan.Zero).Message).Record.Id);
    }

    [Fact]
    public void A_batch_larger_than_the_capacity_is_a_mistake_and_names_the_key()
    {
        LetNobodyWork();
        var asker = CreateTestProbe();
        EnqueueBatch large = new(
            Target,
            MakeMany([.. Enumerable.Range(1, 17).Select(i => $"{i}")]),
            ExpectsReply: true
        );
        Send(large, asker.Ref);
        var failed = asker.ExpectMsg<Failed>(TimeSpan.Zero);
        Assert.Equal((Problem.ArgumentOutOfRange, "Records"), (failed.Problem, failed.Parameter));
        Assert.Contains("17 records", failed.Message, StringComparison.Ordinal);
        Assert.Contains("16 at most", failed.Message, StringComparison.Ordinal);
        Assert.Contains("conveyor.buffer-actors.capacity", failed.Message, StringComparison.Ordinal);
        Send(large with { ExpectsReply = false });
        Assert.Equal(failed.Message, Losses.ExpectMsg<Dropped>(TimeSpan.Zero).Reason);
        Assert.Equal((0, 34), (Buffer.GetSnapshot().Depth, Buffer.GetSnapshot().Refused));
    }

    [Fact]
    public void A_closed_buffer_refuses_offers_as_stopping()
    {
        LetNobodyWork();
        Send("1", "2");
        Buffer.Gate.Close();
        var asker = SendAsked("3");
        Assert.Equal(
            new EnqueueResult(EnqueueOutcome.Stopping, 0, 0, BackpressureSignal.None, 0),
            asker.ExpectMsg<EnqueueResult>(TimeSpan.Zero)
        );
        Send(new EnqueueBatch(Target, default, ExpectsReply: true), asker.Ref);
        Assert.Equal(EnqueueOutcome.Stopping, asker.ExpectMsg<EnqueueResult>(TimeSpan.Zero).Status);
        Send("4");
        Assert.Equal("the buffer actors are stopping", Losses.ExpectMsg<Dropped>(TimeSpan.Zero).Reason);
        Assert.Equal((2, 2), (Buffer.GetSnapshot().Depth, Buffer.GetSnapshot().Refused));
    }

    [Fact]
    public void Many_buffers_are_served_by_the_core_that_the_sender_runs_on()
    {
        BufferActorState[] buffers =
        [
            .. Enumerable
                .Range(0, Environment.ProcessorCount)
                .Select(core => new BufferActorState(core, Settings) { Actor = CreateTestProbe().Ref }),
        ];
        var door = Started(Sys.ActorOf(Props.Empty.WithRouter(new BufferActorRouter(buffers))));
        for (var i = 0; i < 8; i++)
        {
            // A thread may move to another core between the look and the send: then the one or the other has it.
            var (before, depths) = (Thread.GetCurrentProcessorId(), buffers.Select(b => b.Gate.Used).ToArray());
            door.Tell(new Enqueue(Target, Make($"{i}")), ActorRefs.NoSender);
            var after = Thread.GetCurrentProcessorId();
            var taker = Assert.Single(buffers, b => b.Gate.Used == depths[b.Core] + 1);
            if (before == after)
                Assert.Equal(before % buffers.Length, taker.Core);
        }
    }
}
