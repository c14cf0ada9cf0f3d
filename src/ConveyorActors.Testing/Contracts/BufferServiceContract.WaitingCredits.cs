using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Flow control: requests that wait for credits.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Credits_that_are_free_are_granted_without_a_wait()
    {
        await Configure(new() { MaxPerStage = 10 });
        var grant = await Within(WaitForCredits(4, seconds: 30));
        Assert.Equal(
            (4, Source, Stage, Clock.Start + Seconds(30)),
            (grant.Records, grant.SourceId, grant.StageId, grant.ExpiresAt)
        );
        Assert.Equal(6, (await Within(WaitForCredits(10))).Records);
        await AssertConserved();
    }

    [Fact]
    public async Task A_wait_for_credits_ends_when_there_is_room_with_as_many_as_there_is_room_for()
    {
        await Configure(new() { MaxPerStage = 5 });
        await Fill(5);
        var waits = await WaitingCredits(10);
        await Drain(3);
        var grant = await waits;
        Assert.Equal((3, Clock.Start + Seconds(60)), (grant.Records, grant.ExpiresAt));
        Assert.True((await OfferAll(MakeMany("s", 3), credits: grant)).IsAccepted);
        await AssertConserved();
    }

    [Theory]
    [InlineData(3, 100, 100)]
    [InlineData(100, 3, 100)]
    [InlineData(100, 100, 3)]
    public async Task A_wait_for_credits_ends_by_room_under_whichever_limit_it_waited_for(
        int total,
        int perStage,
        int perSource
    )
    {
        await Configure(
            new()
            {
                MaxTotalRecords = total,
                MaxPerStage = perStage,
                MaxPerSource = perSource,
            }
        );
        await Fill(3);
        var waits = await WaitingCredits(1);
        await Drain(1);
        Assert.Equal(1, (await waits).Records);
        await AssertConserved();
    }

    [Fact]
    public async Task A_wait_for_credits_ends_by_higher_limits()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Fill(2);
        var waits = await WaitingCredits(5);
        await Configure(new() { MaxPerStage = 4 });
        Assert.Equal(2, (await waits).Records);
    }

    [Fact]
    public async Task Those_who_wait_for_credits_are_served_in_the_order_they_came()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Fill(2);
        var (first, second) = (await WaitingCredits(1, source: "a"), await WaitingCredits(1, source: "b"));
        await Drain(1);
        Assert.Equal("a", (await first).SourceId);
        Assert.False(second.IsCompleted);
        await Drain(1);
        Assert.Equal("b", (await second).SourceId);
    }

    [Fact]
    public async Task A_source_that_waits_at_its_own_limit_does_not_hold_up_others_at_the_stage()
    {
        await Configure(new() { MaxPerSource = 2 });
        await Fill(2);
        var waits = await WaitingCredits(1);
        Assert.True((await Offer("x", source: "other")).IsAccepted);
        Assert.Equal(2, (await Within(WaitForCredits(2, source: "third"))).Records);
        Assert.False(waits.IsCompleted);
        await Drain();
        Assert.Equal(1, (await waits).Records);
    }

    [Fact]
    public async Task A_wait_for_credits_that_is_cancelled_leaves_no_credit_behind()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Fill(2);
        using var cancelling = new CancellationTokenSource();
        var waits = await WaitingCredits(2, cancellationToken: cancelling.Token);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        await Drain();
        var snapshot = await AssertConserved();
        Assert.Equal((0, 0), (snapshot.Total.Granted, snapshot.Stages.Single().WaitingOffers));
    }

    [Fact]
    public async Task A_wait_for_credits_that_is_cancelled_before_it_begins_takes_none()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Service.WaitForCreditsAsync(Pipeline, Stage, Source, 1, Seconds(1), 0, new(true)).AsTask()
        );
        Assert.Equal(0, (await AssertConserved()).Total.Granted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Offers_and_requests_for_credits_that_wait_are_served_in_the_order_they_came(bool creditsFirst)
    {
        await Configure(Full(FullMode.Wait));
        await Fill(2);
        var (credits, offer) = ((Task<CreditGrant>)null!, (Task<OfferResult>)null!);
        if (creditsFirst)
            credits = await WaitingCredits(1, source: "a");
        offer = await WaitingOffer([Make("w")], source: "b");
        if (!creditsFirst)
            credits = await WaitingCredits(1, source: "a");
        await Drain(1);
        await Within(creditsFirst ? credits : (Task)offer);
        Assert.False(creditsFirst ? offer.IsCompleted : credits.IsCompleted);
        await Drain(1);
        Assert.True((await Within(offer)).IsAccepted);
        Assert.Equal(1, (await Within(credits)).Records);
    }

    [Fact]
    public async Task Those_who_wait_for_the_manager_are_served_first_come_first_served_over_all_stages()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(1, stage: "begin");
        var waits = new List<Task<OfferResult>>();
        for (var i = 0; i < 5; i++)
            waits.Add(await WaitingOffer([Make($"w{i}")], stage: $"stage {i * 3 % 5}", source: $"s{i}"));
        await Drain(1, "begin");
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await Within(waits[i])).IsAccepted);
            Assert.All(waits.Skip(i + 1), w => Assert.False(w.IsCompleted));
            await Drain(1, $"stage {i * 3 % 5}");
        }
    }

    [Fact]
    public async Task An_offer_that_waits_for_its_source_holds_up_no_credits_of_others()
    {
        await Configure(
            new()
            {
                MaxPerSource = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(1, source: "a");
        var waits = await WaitingOffer([Make("w")], source: "a");
        Assert.Equal(1, (await Within(Service.RequestCreditsAsync(Pipeline, Stage, "b", 1, Seconds(60)))).Records);
        Assert.Equal(1, (await Within(Service.WaitForCreditsAsync(Pipeline, Stage, "c", 1, Seconds(60)))).Records);
        Assert.False(waits.IsCompleted);
        await Drain(1);
        await Within(waits);
    }

    [Fact]
    public async Task A_stage_that_waits_no_more_tells_the_offers_that_wait()
    {
        await Configure(Full(FullMode.Wait));
        await Fill(2);
        var waits = await WaitingOffer([Make("w")]);
        await ConfigureStage(Stage, new() { FullMode = FullMode.Reject });
        Assert.Equal(OfferStatus.StageFull, (await Within(waits)).Status);
    }

    [Fact]
    public async Task Credits_that_no_limit_can_hold_any_more_stop_being_waited_for()
    {
        await Configure(new() { MaxBytesPerStage = 1_000 });
        await Offer("a", bytes: 1_000);
        var waits = Service.WaitForCreditsAsync(Pipeline, Stage, "b", 1, Seconds(60), 800).AsTask();
        await Eventually(GetSnapshot, s => s.Stages.Any(x => x.WaitingOffers > 0));
        await Configure(new() { MaxBytesPerStage = 500 });
        // The request was valid when it was made.
        Assert.Equal((0L, 0), ((await Within(waits)).Id, (await waits).Records));
        var refused = await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Within(Service.WaitForCreditsAsync(Pipeline, Stage, "b", 1, Seconds(60), 800))
        );
        Assert.Contains("800", refused.Message);
        await Drain(1);
    }

    [Fact]
    public async Task A_wait_for_credits_at_a_full_stage_lets_the_stage_press_on_the_source()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Fill(2, source: "other");
        Assert.Equal(BackpressureSignal.None, await SignalNow());
        var waits = await WaitingCredits(1);
        Assert.Equal(BackpressureSignal.Pause, await SignalNow());
        await Drain();
        await waits;
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_credits_with_none()
    {
        await Configure(new() { MaxPerStage = 1 });
        await Fill(1);
        var waits = await WaitingCredits(1);
        var stopping = Service.StopAsync(Pipeline, Seconds(10)).AsTask();
        Assert.Equal((0L, 0), ((await waits).Id, (await waits).Records));
        Assert.Equal(0, (await Within(WaitForCredits(1))).Records);
        await Drain();
        await Within(stopping);
    }

    [Fact]
    public async Task A_request_for_credits_of_more_bytes_than_a_limit_could_hold_is_refused_with_its_name_and_value()
    {
        await Configure(new() { MaxBytesPerStage = 100 });
        var thrown = await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Service.WaitForCreditsAsync(Pipeline, Stage, Source, 1, Seconds(1), 101).AsTask()
        );
        Assert.Contains("bytesPerRecord is 101", thrown.Message);
        Assert.Contains("100", thrown.Message);
    }

    [Fact]
    public async Task Many_who_wait_for_credits_at_once_all_get_theirs_and_never_more_than_there_is()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 8,
                MaxPerStage = 6,
                MaxPerSource = 5,
            }
        );
        string[] stages = ["filter", "enrich"],
            sources = ["a", "b", "c"];
        var offered = 0;
        var producing = Enumerable
            .Range(0, 6)
            .Select(w =>
                (Func<Task>)(
                    async () =>
                    {
                        for (var i = 0; i < 100; )
                        {
                            var grant = await Within(
                                WaitForCredits(Math.Min(4, 100 - i), stages[w % 2], sources[w % 3])
                            );
                            var answer = await OfferAll(
                                MakeMany($"{w}-{i}-", grant.Records),
                                stages[w % 2],
                                sources[w % 3],
                                grant
                            );
                            Assert.Equal((OfferStatus.Accepted, grant.Records), (answer.Status, answer.Accepted));
                            i += grant.Records;
                            Interlocked.Add(ref offered, grant.Records);
                        }
                    }
                )
            );
        var consuming = stages.Select(stage =>
            (Func<Task>)(
                async () =>
                {
                    while (Volatile.Read(ref offered) < 600)
                        await Drain(2, stage);
                }
            )
        );
        await While([.. producing, .. consuming], [Watch]);
        foreach (var stage in stages)
            await Drain(stage: stage);
        var total = (await AssertConserved()).Total;
        Assert.Equal((600, 0, 0), (total.Completed, total.Granted, total.Refused));
    }

    Task<CreditGrant> WaitForCredits(
        int records,
        string stage = Stage,
        string source = Source,
        double seconds = 60,
        CancellationToken cancellationToken = default
    ) => Service.WaitForCreditsAsync(Pipeline, stage, source, records, Seconds(seconds), 0, cancellationToken).AsTask();

    async Task<Task<CreditGrant>> WaitingCredits(
        int records,
        string stage = Stage,
        string source = Source,
        CancellationToken cancellationToken = default
    )
    {
        var before = (await GetSnapshot()).Stages.SingleOrDefault(s => s.Stage == stage)?.WaitingOffers ?? 0;
        var waits = WaitForCredits(records, stage, source, cancellationToken: cancellationToken);
        await Eventually(GetSnapshot, s => s.Stages.SingleOrDefault(x => x.Stage == stage)?.WaitingOffers > before);
        Assert.False(waits.IsCompleted);
        return waits.WaitAsync(MaxWait);
    }
}
