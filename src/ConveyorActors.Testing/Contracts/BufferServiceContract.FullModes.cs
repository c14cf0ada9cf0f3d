using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Admission: the effects of an offer to a full stage.</summary>
public abstract partial class BufferServiceContract
{
    static BufferSettings Full(FullMode rule, int perStage = 2, int perSource = 5_000, int total = 100_000) =>
        new()
        {
            MaxPerStage = perStage,
            MaxPerSource = perSource,
            MaxTotalRecords = total,
            Stage = new() { FullMode = rule, Backoff = BackoffSettings.None },
        };

    [Fact]
    public async Task A_full_stage_refuses_by_default()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Fill(2);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r3")).Status);
        Assert.Equal("r1 r2", await Drain());
    }

    [Fact]
    public async Task Stages_may_have_rules_of_their_own()
    {
        await Configure(new() { MaxPerStage = 1 });
        await ConfigureStage("sink", new() { FullMode = FullMode.DropNewest });
        await Fill(1, "filter");
        await Fill(1, "sink");
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2", "filter")).Status);
        Assert.Equal(OfferStatus.Dropped, (await Offer("r2", "sink")).Status);
    }

    [Fact]
    public async Task A_waiting_offer_completes_when_there_is_room()
    {
        await Configure(Full(FullMode.Wait));
        await Fill(2);
        var offer = await WaitingOffer([Make("r3")]);
        var batch = await Lease(1);
        Assert.False(offer.IsCompleted);
        await Complete(batch);
        var answer = await offer;
        Assert.Equal((OfferStatus.Accepted, 1, 1), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal("r2 r3", await Drain());
        Assert.Empty((await AssertConserved()).Losses);
    }

    [Fact]
    public async Task An_offer_waits_for_room_under_the_limit_of_its_source_too()
    {
        await Configure(Full(FullMode.Wait, perStage: 10, perSource: 1));
        await Fill(1, "enrich");
        var offer = await WaitingOffer([Make("r2")], "filter");
        await Drain(stage: "enrich");
        Assert.True((await offer).IsAccepted);
        Assert.Equal("r2", await Drain(stage: "filter"));
    }

    [Fact]
    public async Task An_offer_waits_for_room_under_the_limit_of_the_manager_too()
    {
        await Configure(Full(FullMode.Wait, perStage: 10, total: 1));
        await Fill(1, "enrich", "a");
        var offer = await WaitingOffer([Make("r2")], "filter", "b");
        await Drain(stage: "enrich");
        Assert.True((await offer).IsAccepted);
        Assert.Equal("r2", await Drain(stage: "filter"));
    }

    [Fact]
    public async Task A_waiting_offer_that_is_cancelled_leaves_nothing_behind()
    {
        await Configure(Full(FullMode.Wait));
        await Fill(2);
        using var cancel = new CancellationTokenSource();
        var offer = await WaitingOffer([Make("never")], cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => offer);

        Assert.Equal("r1 r2", await Drain());
        await Eventually(() => StageNow(), s => s.WaitingOffers == 0);
        await Fill(2, prefix: "s");
        Assert.Equal("s1 s2", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task An_offer_that_is_cancelled_before_it_begins_leaves_nothing_behind()
    {
        await Configure(Full(FullMode.Wait));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Within(Service.BufferForStageAsync(Pipeline, Stage, Source, Make("never"), null, cancelled.Token))
        );
        Assert.Equal(0, (await Lease()).Count);
    }

    [Fact]
    public async Task A_waiting_batch_goes_in_part_by_part_as_room_comes()
    {
        await Configure(Full(FullMode.Wait));
        var offer = await WaitingOffer(MakeMany("r", 5));
        Assert.Equal("r1 r2", await Drain());
        Assert.Equal("r3 r4", Ids(await CompleteNext(2)));
        var answer = await offer;
        Assert.Equal((OfferStatus.Accepted, 5, 5), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal("r5", Ids(await CompleteNext(1)));
        await AssertConserved();
    }

    [Fact]
    public async Task A_waiting_batch_that_is_cancelled_keeps_what_was_accepted_and_says_how_much()
    {
        await Configure(Full(FullMode.Wait));
        using var cancel = new CancellationTokenSource();
        var offer = await WaitingOffer(MakeMany("r", 5), cancellationToken: cancel.Token);
        Assert.Equal("r1", await Drain(1));
        await Eventually(Total, t => t.Buffered == 2);
        await cancel.CancelAsync();
        var answer = await offer;
        Assert.Equal((OfferStatus.StageFull, 3, 3), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal("r2 r3", await Drain());
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task Offers_of_one_source_that_wait_go_in_in_the_order_they_came()
    {
        await Configure(Full(FullMode.Wait, perStage: 1));
        await Fill(1);
        var second = await WaitingOffer([Make("r2")]);
        var third = await WaitingOffer([Make("r3")]);
        Assert.Equal("r1", await Drain());
        await second;
        Assert.False(third.IsCompleted);
        Assert.Equal("r2", await Drain());
        await third;
        Assert.Equal("r3", await Drain());
    }

    [Fact]
    public async Task An_offer_does_not_overtake_one_of_its_source_that_waits()
    {
        await Configure(Full(FullMode.Wait, perStage: 2));
        var batch = await WaitingOffer(MakeMany("r", 4));
        var late = await WaitingOffer([Make("late")]);
        Assert.Equal("r1 r2", await Drain());
        await batch;
        Assert.Equal("r3 r4", Ids(await CompleteNext(2)));
        await late;
        Assert.Equal("late", await Drain());
    }

    [Fact]
    public async Task An_offer_that_waits_for_its_source_does_not_hold_up_other_sources()
    {
        await Configure(Full(FullMode.Wait, perStage: 10, perSource: 1));
        await Fill(1, source: "a");
        var waits = await WaitingOffer([Make("a2")], source: "a");
        Assert.True((await Offer("b1", source: "b")).IsAccepted);
        Assert.False(waits.IsCompleted);
        await Drain();
        await waits;
    }

    [Fact]
    public async Task The_oldest_records_give_way_where_that_is_the_rule_and_the_answer_and_the_ledger_say_so()
    {
        await Configure(Full(FullMode.DropOldest, perStage: 3));
        await Fill(3);
        var answer = await OfferAll(MakeMany("s", 2));
        Assert.Equal(
            (OfferStatus.Accepted, 2, 2, 2),
            (answer.Status, answer.Accepted, answer.Consumed, answer.Evicted)
        );
        Assert.Equal(2, await Lost(LossReason.DroppedOldest));
        Assert.Equal(2, (await AssertConserved()).Total.Dropped);
        Assert.Equal("r3 s1 s2", await Drain());
    }

    [Fact]
    public async Task The_oldest_record_of_the_stage_gives_way_whoever_offered_it()
    {
        await Configure(Full(FullMode.DropOldest, perStage: 3));
        await Offer("a1", source: "a");
        await Offer("b1", source: "b");
        await Offer("a2", source: "a");
        Assert.Equal(1, (await Offer("b2", source: "b")).Evicted);
        var left = Ids(await Lease()).Split(' ').Order();
        Assert.Equal(["a2", "b1", "b2"], left);
        Assert.Equal("a", Assert.Single((await GetSnapshot()).Losses).Source);
    }

    [Fact]
    public async Task A_batch_larger_than_a_stage_that_drops_its_oldest_leaves_the_last_ones()
    {
        await Configure(Full(FullMode.DropOldest, perStage: 3));
        var answer = await OfferAll(MakeMany("r", 8));
        Assert.Equal((OfferStatus.Accepted, 8, 5), (answer.Status, answer.Consumed, answer.Evicted));
        Assert.Equal("r6 r7 r8", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task Records_in_flight_never_give_way()
    {
        await Configure(Full(FullMode.DropOldest));
        await Fill(2);
        var batch = await Lease();
        var answer = await Offer("r3");
        Assert.Equal((OfferStatus.StageFull, 0, 0), (answer.Status, answer.Accepted, answer.Evicted));
        Assert.Equal(2, (await Complete(batch)).Settled);
        Assert.Equal(0, await Lost(LossReason.DroppedOldest));
    }

    [Fact]
    public async Task A_returned_record_waits_again_and_gives_way_as_the_oldest()
    {
        await Configure(Full(FullMode.DropOldest));
        await Fill(2);
        await Return(await Lease(1));
        Assert.Equal(1, (await Offer("r3")).Evicted);
        Assert.Equal("r2 r3", await Drain());
    }

    [Fact]
    public async Task Nothing_gives_way_for_a_source_or_a_manager_that_is_full()
    {
        await Configure(Full(FullMode.DropOldest, perStage: 10, perSource: 2, total: 3));
        await Fill(2, source: "a");
        Assert.Equal(OfferStatus.SourceFull, (await Offer("a3", source: "a")).Status);
        await Fill(1, source: "b");
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("b2", source: "b")).Status);
        Assert.Equal(3, (await Total()).Pending);
        Assert.Equal(0, (await Total()).Dropped);
    }

    [Fact]
    public async Task The_oldest_give_way_until_the_bytes_fit()
    {
        await Configure(
            new()
            {
                MaxBytesPerStage = 10,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        await OfferAll([Make("r1", 4), Make("r2", 4), Make("r3", 2)]);
        Assert.Equal(2, (await Offer("r4", bytes: 5)).Evicted);
        Assert.Equal("r3 r4", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task The_newest_record_is_dropped_where_that_is_the_rule_and_the_answer_and_the_ledger_say_so()
    {
        await Configure(Full(FullMode.DropNewest));
        await Fill(2);
        var answer = await Offer("r3");
        Assert.Equal((OfferStatus.Dropped, 0, 1), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(1, await Lost(LossReason.DroppedNewest));
        Assert.Equal("r1 r2", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_batch_of_which_the_newest_are_dropped_is_consumed_whole()
    {
        await Configure(Full(FullMode.DropNewest));
        var answer = await OfferAll(MakeMany("r", 5));
        Assert.Equal((OfferStatus.Dropped, 2, 5), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(3, await Lost(LossReason.DroppedNewest));
        Assert.Equal("r1 r2", await Drain());
        await AssertConserved();
    }

    /// <summary>Leases the given number of records once they are available, and completes them.</summary>
    async Task<LeasedBatch> CompleteNext(int count, string stage = Stage)
    {
        var batch = await LeaseOnceThere(count, stage);
        Assert.Equal(count, (await Complete(batch)).Settled);
        return batch;
    }
}
