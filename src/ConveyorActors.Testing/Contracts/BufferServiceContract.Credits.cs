using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Flow control: credits.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Available_is_the_least_of_the_free_room_of_manager_and_source_and_of_the_stage_when_named()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 20,
                MaxPerSource = 10,
                MaxPerStage = 8,
            }
        );
        Assert.Equal((10, 8), (await Available(), await Available(stage: Stage)));
        await Fill(3);
        Assert.Equal((7, 5, 8), (await Available(), await Available(stage: Stage), await Available("other", "enrich")));
        await Fill(8, "enrich", "b");
        await Fill(4, "sink", "b2");
        Assert.Equal((5, 5, 4), (await Available(), await Available(stage: Stage), await Available(stage: "sink")));
        await Drain(stage: "enrich");
        Assert.Equal(7, await Available());
    }

    [Fact]
    public async Task Available_is_never_negative()
    {
        await Configure(new() { MaxPerSource = 10 });
        await Fill(10);
        Assert.Equal(0, await Available());
        await Configure(
            new()
            {
                MaxPerSource = 3,
                MaxTotalRecords = 5,
                MaxPerStage = 2,
            }
        );
        Assert.Equal((0, 0, 0), (await Available(), await Available(stage: Stage), await Available("other")));
        Assert.Equal(0, (await SourceNow()).AvailableCredits);
        Assert.Equal(0, (await Request(5)).Records);
    }

    [Fact]
    public async Task A_grant_is_what_was_asked_for_while_there_is_room()
    {
        await Configure(new() { MaxPerStage = 10 });
        var grant = await Request(4, seconds: 30);
        Assert.Equal(
            (4, Source, Stage, Clock.Start + Seconds(30)),
            (grant.Records, grant.SourceId, grant.StageId, grant.ExpiresAt)
        );
        Assert.NotEqual(0, grant.Id);
        var more = await Request(10);
        Assert.Equal(6, more.Records);
        Assert.NotEqual(grant.Id, more.Id);
        var none = await Request(1);
        Assert.Equal((0L, 0), (none.Id, none.Records));
        await AssertConserved();
    }

    [Theory]
    [InlineData(5, 100, 100)]
    [InlineData(100, 5, 100)]
    [InlineData(100, 100, 5)]
    public async Task A_grant_takes_room_from_manager_stage_and_source_alike(int total, int perStage, int perSource)
    {
        await Configure(
            new()
            {
                MaxTotalRecords = total,
                MaxPerStage = perStage,
                MaxPerSource = perSource,
            }
        );
        await Fill(1);
        Assert.Equal(4, (await Request(100)).Records);
        Assert.Equal(0, await Available(stage: Stage));
        Assert.NotEqual(OfferStatus.Accepted, (await Offer("r")).Status);
        var snapshot = await AssertConserved();
        Assert.Equal((4, 5, 1), (snapshot.Total.Granted, snapshot.Total.Used, snapshot.Total.Pending));
        Assert.Equal((4, 4), (snapshot.Stages.Single().Level.Granted, snapshot.Sources.Single().Level.Granted));
    }

    [Fact]
    public async Task A_batch_on_credit_goes_in_as_far_as_the_credit_and_then_the_free_room_go()
    {
        await Configure(new() { MaxPerStage = 5 });
        var grant = await Request(3, bytesPerRecord: 10);
        var answer = await OfferAll(
            [Make("a", 4), Make("b", 30), Make("c", 0), Make("d", 1), Make("e", 1), Make("f", 1)],
            credits: grant
        );
        Assert.Equal((OfferStatus.StageFull, 5, 5), (answer.Status, answer.Accepted, answer.Consumed));
        var total = (await AssertConserved()).Total;
        Assert.Equal((5, 0, 5, 36, 1), (total.Buffered, total.Granted, total.Used, total.PendingBytes, total.Refused));
        Assert.Equal("a b c d e", await Drain());
        Assert.Equal((0, 0), ((await Total()).Used, (await Total()).PendingBytes));
        var second = await Request(4);
        Assert.Equal(2, (await OfferAll(MakeMany("g", 2), credits: second)).Accepted);
        Assert.Equal(2, await Within(Service.GiveBackCreditsAsync(Pipeline, second)));
    }

    [Fact]
    public async Task An_offer_with_a_credit_is_never_refused()
    {
        await Configure(
            new()
            {
                MaxPerStage = 10,
                MaxPerSource = 10,
                MaxTotalRecords = 10,
            }
        );
        var grant = await Request(4);
        await Fill(6, "enrich", "other");
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("without")).Status);
        for (var i = 1; i <= 4; i++)
            Assert.Equal(OfferStatus.Accepted, (await Offer($"r{i}", credits: grant)).Status);
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("r5", credits: grant)).Status);
        Assert.Equal(0, (await AssertConserved()).Total.Granted);
        Assert.Equal("r1 r2 r3 r4", await Drain());
    }

    [Fact]
    public async Task A_batch_with_a_credit_goes_in_as_far_as_the_credit_and_beyond_it_while_there_is_room()
    {
        await Configure(new() { MaxPerStage = 5 });
        var grant = await Request(3);
        await Fill(1, source: "other");
        var answer = await OfferAll(MakeMany("r", 6), credits: grant);
        Assert.Equal((OfferStatus.StageFull, 4), (answer.Status, answer.Accepted));
        await AssertConserved();
    }

    [Fact]
    public async Task A_spent_credit_becomes_a_pending_record_and_takes_no_more_room()
    {
        await Configure(new() { MaxPerStage = 5 });
        var grant = await Request(3);
        await OfferAll(MakeMany("r", 2), credits: grant);
        var stage = (await StageNow()).Level;
        Assert.Equal((1, 2, 3, 2), (stage.Granted, stage.Buffered, stage.Used, stage.Free));
        await Drain();
        stage = (await StageNow()).Level;
        Assert.Equal((1, 0, 1), (stage.Granted, stage.Buffered, stage.Used));
    }

    [Fact]
    public async Task A_credit_given_back_is_free_room_again()
    {
        await Configure(new() { MaxPerStage = 5 });
        var grant = await Request(5);
        await OfferAll(MakeMany("r", 2), credits: grant);
        Assert.Equal(3, await Within(Service.GiveBackCreditsAsync(Pipeline, grant)));
        Assert.Equal(0, await Within(Service.GiveBackCreditsAsync(Pipeline, grant)));
        Assert.Equal(3, await Available(stage: Stage));
        Assert.Equal(3, (await OfferAll(MakeMany("s", 5), credits: grant)).Accepted);
        await AssertConserved();
    }

    [Fact]
    public async Task A_credit_that_expires_is_free_room_again()
    {
        await Configure(new() { MaxPerStage = 5 });
        var grant = await Request(5, seconds: 10);
        await Offer("r1", credits: grant);
        Clock.Advance(Seconds(10) - Milliseconds(1));
        Assert.Equal(OfferStatus.StageFull, (await Offer("s", source: "other")).Status);
        Clock.Advance(Milliseconds(1));
        await Eventually(Total, t => t.Granted == 0);
        await Fill(4, source: "other");
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2", credits: grant)).Status);
        Assert.Equal(0, await Within(Service.GiveBackCreditsAsync(Pipeline, grant)));
        await AssertConserved();
    }

    [Fact]
    public async Task A_waiting_offer_goes_in_when_a_credit_is_given_back_or_expires()
    {
        await Configure(Full(FullMode.Wait));
        var (first, _) = (await Request(1), await Request(1, seconds: 10));
        var offers = (await WaitingOffer([Make("r1")], source: "a"), await WaitingOffer([Make("r2")], source: "b"));
        await Within(Service.GiveBackCreditsAsync(Pipeline, first));
        await offers.Item1;
        Assert.False(offers.Item2.IsCompleted);
        Clock.Advance(Seconds(10));
        await offers.Item2;
        await AssertConserved();
    }

    [Fact]
    public async Task A_credit_does_not_wait_behind_offers_that_do()
    {
        await Configure(Full(FullMode.Wait));
        var grant = await Request(1);
        await Fill(1, source: "other");
        var waits = await WaitingOffer([Make("w")], source: "third");
        Assert.True((await Offer("r", credits: grant)).IsAccepted);
        Assert.False(waits.IsCompleted);
        await Drain();
        await waits;
    }

    [Fact]
    public async Task Nothing_is_evicted_or_dropped_for_an_offer_with_a_credit()
    {
        foreach (var rule in new[] { FullMode.DropOldest, FullMode.DropNewest })
        {
            var stage = rule.ToString();
            await Configure(new() { MaxPerStage = 3 });
            await ConfigureStage(stage, new() { FullMode = rule });
            var grant = await Request(1, stage);
            await Fill(2, stage);
            var answer = await Offer("r3", stage, credits: grant);
            Assert.Equal((OfferStatus.Accepted, 1, 0), (answer.Status, answer.Accepted, answer.Evicted));
            Assert.Equal("r1 r2 r3", await Drain(stage: stage));
        }
    }

    [Fact]
    public async Task Unspent_credits_of_others_never_give_way()
    {
        await Configure(Full(FullMode.DropOldest));
        await Request(2, source: "other");
        Assert.Equal(OfferStatus.StageFull, (await Offer("r1")).Status);
        Assert.Equal(2, (await Total()).Granted);
    }

    [Fact]
    public async Task A_credit_of_another_source_or_stage_is_no_credit()
    {
        await Configure(new() { MaxPerStage = 1 });
        var grant = await Request(1, source: "other");
        foreach (var offer in new[] { () => Offer("r1", credits: grant), () => Offer("r1", "enrich", "other", grant) })
        {
            try
            {
                await offer();
            }
            catch (ArgumentException)
            {
                // The call may throw or make an ordinary offer; in both cases the credit stays unused.
            }

            Assert.Equal(1, (await StageNow()).Level.Granted);
        }

        Assert.Equal(OfferStatus.Accepted, (await Offer("r2", source: "other", credits: grant)).Status);
    }

    [Fact]
    public async Task Credits_reserve_bytes_where_bytes_are_limited()
    {
        await Configure(
            new()
            {
                MaxBytesPerStage = 100,
                MaxTotalBytes = 200,
                MaxBytesPerSource = 150,
            }
        );
        var grant = await Request(10, bytesPerRecord: 30);
        Assert.Equal(3, grant.Records);
        Assert.Equal(OfferStatus.StageFull, (await Offer("s", source: "other", bytes: 20)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("s", source: "other", bytes: 10)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", credits: grant, bytes: 30)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2", credits: grant, bytes: 20)).Status);
        Assert.Equal(1, await Within(Service.GiveBackCreditsAsync(Pipeline, grant)));
        Assert.Equal(60, (await AssertConserved()).Total.PendingBytes);
        Assert.Equal(OfferStatus.Accepted, (await Offer("t", source: "other", bytes: 40)).Status);
    }

    [Fact]
    public async Task A_record_larger_than_its_credit_asks_for_what_is_more_and_may_be_refused_that()
    {
        await Configure(new() { MaxBytesPerStage = 100 });
        var grant = await Request(2, bytesPerRecord: 40);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", credits: grant, bytes: 60)).Status);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2", credits: grant, bytes: 41)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2", credits: grant, bytes: 40)).Status);
        await AssertConserved();
    }

    [Fact]
    public async Task Unspent_credits_press_on_their_source_like_records()
    {
        await Configure(new() { MaxPerSource = 10 });
        await Request(8);
        Assert.Equal(BackpressureSignal.Pause, await SignalNow());
    }

    [Fact]
    public async Task A_credit_is_spent_once_only_by_many_who_use_it_at_once()
    {
        await Configure(new() { MaxPerStage = 50 });
        var grant = await Request(30);
        await Fill(20, source: "other");
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(i => Task.Run(() => Offer($"r{i}", credits: grant)))
        );
        Assert.Equal(30, answers.Count(a => a.IsAccepted));
        await AssertConserved();
    }

    [Fact]
    public async Task Credits_are_never_oversubscribed_by_many_who_request_and_offer_at_once()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 40,
                MaxPerStage = 30,
                MaxPerSource = 20,
            }
        );
        string[] stages = ["filter", "enrich"],
            sources = ["a", "b", "c"];
        var working = Enumerable
            .Range(0, 6)
            .Select(w =>
                (Func<Task>)(
                    async () =>
                    {
                        var random = new Random(w);
                        for (var i = 0; i < 150; i++)
                        {
                            var (stage, source) = (stages[random.Next(2)], sources[w % 3]);
                            var grant = await Request(random.Next(1, 15), stage, source);
                            if (grant.Records > 0)
                            {
                                var use = random.Next(0, grant.Records + 1);
                                Assert.Equal(
                                    use,
                                    (await OfferAll(MakeMany($"{w}-{i}-", use), stage, source, grant)).Accepted
                                );
                                Assert.Equal(
                                    grant.Records - use,
                                    await Within(Service.GiveBackCreditsAsync(Pipeline, grant))
                                );
                            }

                            await OfferAll(MakeMany($"x{w}-{i}-", random.Next(0, 4)), stage, source);
                            await Drain(20, stage);
                        }
                    }
                )
            );

        await While(working, [Watch]);
        Assert.Equal(0, (await AssertConserved()).Total.Granted);
    }
}
