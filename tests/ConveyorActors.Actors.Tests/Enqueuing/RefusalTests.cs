using Akka.Event;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>
/// What a stage refuses of fire-and-forget senders: kept, in order, and offered again; or lost, and said so.
/// </summary>
public class RefusalTests : BufferActorKit
{
    [Theory]
    [InlineData(OfferStatus.StageFull)]
    [InlineData(OfferStatus.SourceFull)]
    [InlineData(OfferStatus.GlobalFull)]
    [InlineData(OfferStatus.Held)]
    public async Task Records_without_room_are_offered_again_after_growing_waits(OfferStatus status)
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(status));
        foreach (var wait in (int[])[10, 20, 40, 40])
        {
            await Advance(wait - 1);
            await NoPass();
            await Advance(1);
            await Answer(await Pass("1", "2", "3", "4"), Stopped(status));
        }
        await Counts(depth: 4, passedOn: 0);
    }

    [Fact]
    public async Task A_refusal_after_a_partial_acceptance_counts_as_the_first_one()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
        await Advance(10);
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
        await Advance(20);
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull, accepted: 1));
        await Counts(depth: 3, passedOn: 1);
        await Advance(10);
        await Answer(await Pass("2", "3", "4"), Took(3));
        await Counts(depth: 0, passedOn: 4);
    }

    [Fact]
    public async Task Later_offers_wait_behind_it_in_order()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull, accepted: 2));
        Send("5", "6", "7", "8", "9");
        await NoPass();
        await Advance(10);
        await Answer(await Pass("3", "4"), Took(2));
        await Answer(await Pass("5", "6", "7", "8", "9"), Took(5));
        await Counts(depth: 0, passedOn: 9);
    }

    [Fact]
    public async Task Refused_records_fill_the_buffer_which_then_reports_full()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
        Send(new EnqueueBatch(Target, MakeMany([.. Enumerable.Range(5, 12).Select(i => $"{i}")])));
        await Counts(depth: 16, passedOn: 0);
        Send("17");
        Assert.Equal(EnqueueOutcome.BufferFull, (await Told(SendAsked("18"))).Status);
        Assert.Contains("full", Losses.ExpectMsg<Dropped>(Patience).Reason, StringComparison.Ordinal);
        await Counts(depth: 16, passedOn: 0, refused: 2);
    }

    [Fact]
    public async Task A_full_target_does_not_delay_other_targets_while_there_is_room()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull));
        Send(new EnqueueBatch(Other, MakeMany("a", "b", "c", "d")));
        await Answer(await Pass("a", "b", "c", "d"), Took(4));
        await Counts(depth: 4, passedOn: 4);
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_reported_as_lost_and_the_others_continue()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.TooLarge, accepted: 1));
        var lost = Losses.ExpectMsg<Dropped>(Patience);
        Assert.Equal("2", Assert.IsType<Enqueue>(lost.Message).Record.Id);
        Assert.Contains("1 record lost: the record is too large", lost.Reason, StringComparison.Ordinal);
        await Counts(depth: 2, passedOn: 1, lost: 1);
        await Answer(await Pass("3", "4"), Stopped(OfferStatus.TooLarge, accepted: 1));
        Assert.Equal("4", Assert.IsType<Enqueue>(Losses.ExpectMsg<Dropped>(Patience).Message).Record.Id);
        await Counts(depth: 0, passedOn: 2, lost: 2);
        await NoPass();
    }

    [Fact]
    public async Task Records_refused_by_a_stopping_pipeline_are_reported_as_lost()
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.Draining, accepted: 1));
        var lost = Losses.ExpectMsg<Dropped>(Patience);
        Assert.Equal(Target, lost.Message);
        Assert.Contains("3 records lost: the pipeline is stopping", lost.Reason, StringComparison.Ordinal);
        await Counts(depth: 0, passedOn: 1, lost: 3);
        await Advance(1000);
        await NoPass();
    }

    [Theory]
    [InlineData(OfferStatus.Duplicate)]
    [InlineData(OfferStatus.Dropped)]
    public async Task Records_with_a_reply_of_the_stage_are_not_offered_again(OfferStatus status)
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(status) with { Accepted = 1, Consumed = 4 });
        await Counts(depth: 0, passedOn: 4);
        await Advance(1000);
        await NoPass();
    }

    [Theory]
    [InlineData(Problem.NotNow)]
    [InlineData(Problem.Crashed)]
    public async Task Records_that_could_not_be_offered_are_offered_again(Problem problem)
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), [], new(problem, "not now"));
        await NoPass();
        await Advance(10);
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        await Counts(depth: 0, passedOn: 4);
    }

    [Theory]
    [InlineData(Problem.Argument)]
    [InlineData(Problem.ArgumentMissing)]
    [InlineData(Problem.ArgumentOutOfRange)]
    public async Task Records_that_can_never_be_offered_are_reported_as_lost(Problem problem)
    {
        Send("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), [], new(problem, "no such thing"));
        Assert.Contains(
            "4 records lost: no such thing",
            Losses.ExpectMsg<Dropped>(Patience).Reason,
            StringComparison.Ordinal
        );
        await Counts(depth: 0, passedOn: 0, lost: 4);
    }

    [Fact]
    public async Task Room_is_not_kept_for_settled_requests()
    {
        for (var round = 0; round < 10; round++)
        {
            Send("1", "2", "3", "4");
            await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull, accepted: 3));
            await Advance(10);
            await Answer(await Pass("4"), Took(1));
        }
        await Counts(depth: 0, passedOn: 40);
    }
}
