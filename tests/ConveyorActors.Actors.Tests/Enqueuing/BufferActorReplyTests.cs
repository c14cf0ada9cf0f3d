using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>Who wants an answer is told what the stage did, once, and keeps what was refused.</summary>
public class BufferActorReplyTests : BufferActorKit
{
    [Theory]
    [InlineData(OfferStatus.Accepted, EnqueueOutcome.Accepted, 3, 3)]
    [InlineData(OfferStatus.StageFull, EnqueueOutcome.StageFull, 1, 1)]
    [InlineData(OfferStatus.SourceFull, EnqueueOutcome.SourceFull, 2, 2)]
    [InlineData(OfferStatus.GlobalFull, EnqueueOutcome.GlobalFull, 0, 0)]
    [InlineData(OfferStatus.TooLarge, EnqueueOutcome.TooLarge, 1, 1)]
    [InlineData(OfferStatus.Duplicate, EnqueueOutcome.Duplicate, 1, 3)]
    [InlineData(OfferStatus.Draining, EnqueueOutcome.Draining, 0, 0)]
    [InlineData(OfferStatus.Dropped, EnqueueOutcome.Dropped, 1, 3)]
    public async Task The_reply_contains_the_outcome_at_the_stage(
        OfferStatus did,
        EnqueueOutcome says,
        int accepted,
        int consumed
    )
    {
        var asker = CreateTestProbe();
        Send(new EnqueueBatch(Target, MakeMany("1", "2", "3"), ExpectsReply: true), asker.Ref);
        var signal = BackpressureSignal.SlowDown(Ms(25));
        await Answer(await Pass("1", "2", "3"), new OfferResult(did, accepted, consumed, 0, signal, 11));
        Assert.Equal(new EnqueueResult(says, accepted, consumed, signal, 11), await Told(asker));
        await Untold(asker);
        await Counts(depth: 0, passedOn: 3);

        // Nothing of it is offered again: it is the sender's.
        await Advance(1000);
        await NoPass();
    }

    [Fact]
    public void The_sender_of_the_reply_is_the_buffer()
    {
        var asker = SendAsked("1");
        var pass = Pipelines.ExpectMsg<BufferPartsForStage>(Patience);
        Buffer.Actor.Tell(new PartsOffered(pass.Pass, [Took(1)]), Pipelines.Ref);
        asker.ExpectMsg<EnqueueResult>(Patience);
        Assert.Equal(Buffer.Actor, asker.LastSender);
    }

    [Fact]
    public async Task An_ask_gets_a_reply_without_a_flag()
    {
        var asking = Door.Ask<EnqueueResult>(new Enqueue(Target, Make("1")), Patience);
        await Answer(await Pass("1"), Took(1));
        Assert.True((await asking).IsAccepted);
    }

    [Fact]
    public async Task A_reply_to_an_unreachable_sender_is_not_wanted()
    {
        Send(new Enqueue(Target, Make("1"), ExpectsReply: true));
        await NoPass();
        await Advance(50);
        await Answer(await Pass("1"), Stopped(OfferStatus.StageFull));
        await Advance(10);
        await Answer(await Pass("1"), Took(1)); // nobody keeps it but the buffer
        await Counts(depth: 0, passedOn: 1);
    }

    [Fact]
    public async Task A_sender_that_wants_no_reply_gets_none()
    {
        var sender = CreateTestProbe();
        Send(new Enqueue(Target, Make("1")), sender.Ref);
        Send(new EnqueueBatch(Target, MakeMany("2", "3", "4")), sender.Ref);
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        await Untold(sender);
    }

    [Fact]
    public async Task An_empty_batch_gets_a_reply_like_any_other()
    {
        var asker = CreateTestProbe();
        Send(new EnqueueBatch(Target, default, ExpectsReply: true), asker.Ref);
        Send(new EnqueueBatch(Target, default));
        var pass = await Pass();
        Assert.Equal([0], pass.Parts);
        await Answer(pass, new OfferResult(OfferStatus.Accepted, 0, 0, 0, BackpressureSignal.Pause, 5));
        Assert.Equal(new EnqueueResult(EnqueueOutcome.Accepted, 0, 0, BackpressureSignal.Pause, 5), await Told(asker));
        await Counts(depth: 0, passedOn: 0);
    }

    [Fact]
    public async Task An_empty_batch_among_others_is_replied_to_in_order()
    {
        var (first, empty) = (SendAsked("1"), CreateTestProbe());
        var pass = await Pass("1");
        Send(new EnqueueBatch(Target, default, ExpectsReply: true), empty.Ref);
        Send("2");
        await Answer(pass, Took(1));
        await Told(first);
        pass = await Pass("2");
        Assert.Equal([0, 1], pass.Parts);
        await Answer(pass, Took(0), Took(1));
        Assert.True((await Told(empty)).IsAccepted);
        await Counts(depth: 0, passedOn: 2);
    }

    [Fact]
    public async Task Records_behind_a_refused_record_in_a_pass_are_refused_with_the_same_status()
    {
        var (first, behind) = (SendAsked("1"), CreateTestProbe());
        var pass = await Pass("1");
        Send("2");
        Send(new EnqueueBatch(Target, MakeMany("3", "4"), ExpectsReply: true), behind.Ref);
        var last = SendAsked("5");
        Send("6");
        await Answer(pass, Took(1));
        await Told(first);
        await Answer(await Pass("2", "3", "4", "5", "6"), Stopped(OfferStatus.SourceFull));
        foreach (var asker in (Akka.TestKit.TestProbe[])[behind, last])
            Assert.Equal(
                new EnqueueResult(EnqueueOutcome.SourceFull, 0, 0, BackpressureSignal.SlowDown(Ms(10)), 3),
                await Told(asker)
            );
        await Counts(depth: 2, passedOn: 4);
        await Advance(10);
        await Answer(await Pass("2", "6"), Took(2));
        await Untold(behind);
    }

    [Fact]
    public async Task Records_behind_a_partly_accepted_batch_are_refused_with_the_same_status()
    {
        var (first, partly) = (SendAsked("1"), CreateTestProbe());
        var pass = await Pass("1");
        Send(new EnqueueBatch(Target, MakeMany("2", "3"), ExpectsReply: true), partly.Ref);
        var behind = SendAsked("4");
        await Answer(pass, Took(1));
        await Told(first);
        await Answer(await Pass("2", "3", "4"), Stopped(OfferStatus.StageFull, accepted: 1));
        Assert.Equal((EnqueueOutcome.StageFull, 1, 1), await Said(partly));
        Assert.Equal((EnqueueOutcome.StageFull, 0, 0), await Said(behind));
        await Counts(depth: 0, passedOn: 4);
        await NoPass();
    }

    [Fact]
    public async Task Records_that_arrive_during_a_refused_pass_are_refused_with_the_same_status()
    {
        Send("1", "2", "3", "4");
        var pass = await Pass("1", "2", "3", "4");
        var asker = SendAsked("5");
        Send("6");
        await Answer(pass, Stopped(OfferStatus.StageFull));
        Assert.Equal((EnqueueOutcome.StageFull, 0, 0), await Said(asker));
        await Advance(10);
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        await Advance(50);
        await Answer(await Pass("6"), Took(1));
        await Untold(asker);
        await Counts(depth: 0, passedOn: 6);
    }

    [Fact]
    public async Task New_senders_are_refused_at_once_while_refused_records_wait()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.GlobalFull, accepted: 1));
        Assert.Equal((EnqueueOutcome.GlobalFull, 0, 0), await Said(SendAsked("5")));
        await Advance(10);
        var pass = await Pass("2", "3", "4");
        var meanwhile = SendAsked("6");
        await Untold(meanwhile);
        await Answer(pass, Took(3));
        await Answer(await Pass("6"), Took(1));
        Assert.True((await Told(meanwhile)).IsAccepted);
    }

    [Fact]
    public async Task A_record_that_is_too_large_stops_only_its_own_batch()
    {
        var (first, large) = (SendAsked("1"), CreateTestProbe());
        var pass = await Pass("1");
        Send(new EnqueueBatch(Target, MakeMany("2", "3", "4"), ExpectsReply: true), large.Ref);
        var behind = SendAsked("5");
        await Answer(pass, Took(1));
        await Told(first);
        await Answer(await Pass("2", "3", "4", "5"), Stopped(OfferStatus.TooLarge, accepted: 1));
        Assert.Equal((EnqueueOutcome.TooLarge, 1, 1), await Said(large));
        await Answer(await Pass("5"), Took(1));
        Assert.True((await Told(behind)).IsAccepted);
        await Counts(depth: 0, passedOn: 5);
    }

    [Theory]
    [InlineData(Problem.Argument)]
    [InlineData(Problem.ArgumentMissing)]
    [InlineData(Problem.ArgumentOutOfRange)]
    [InlineData(Problem.NotNow)]
    [InlineData(Problem.Crashed)]
    public async Task A_failure_of_the_stage_is_its_reply(Problem problem)
    {
        var asker = SendAsked("1");
        Failed why = new(problem, "it did not work");
        await Answer(await Pass("1"), [], why);
        Assert.Equal(why, asker.ExpectMsg<Failed>(Patience));
        await Counts(depth: 0, passedOn: 1);
        await Advance(1000);
        await NoPass();
    }

    [Fact]
    public async Task Work_done_before_a_failure_is_reported_as_done()
    {
        var (first, done) = (SendAsked("1"), CreateTestProbe());
        var pass = await Pass("1");
        Send(new Enqueue(Target, Make("2"), ExpectsReply: true), done.Ref);
        var undone = SendAsked("3");
        await Answer(pass, Took(1));
        await Told(first);
        await Answer(await Pass("2", "3"), [Took(1)], new(Problem.NotNow, "no more"));
        Assert.True((await Told(done)).IsAccepted);
        Assert.Equal("no more", undone.ExpectMsg<Failed>(Patience).Message);
    }

    [Fact]
    public async Task Senders_after_a_crash_are_told_that_nothing_was_offered()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), [], new(Problem.Crashed, "the stage fell over"));
        var failed = SendAsked("5").ExpectMsg<Failed>(Patience);
        Assert.Equal(Problem.NotNow, failed.Problem); // Crashed would say that it may have been accepted
        Assert.Contains("the stage fell over", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unexpected_reply_changes_nothing()
    {
        var asker = SendAsked("1");
        var pass = await Pass("1");
        await Answer(pass with { Number = 4711 }, Took(1));
        await Untold(asker);
        await Answer(pass, Took(1));
        await Answer(pass, Took(1));
        await Told(asker);
        await Untold(asker);
        await Counts(depth: 0, passedOn: 1);
    }

    async Task<(EnqueueOutcome, int, int)> Said(Akka.TestKit.TestProbe asker)
    {
        var told = await Told(asker);
        await Untold(asker);
        return (told.Status, told.Accepted, told.Consumed);
    }
}
