using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Operators' holds: a source must not offer, or a stage must not give leases.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_held_source_is_paused_and_its_offers_are_refused_as_held()
    {
        await Fill(2);
        Assert.True(await Pause(HoldTarget.Source, Source));

        Assert.Equal(BackpressureSignal.Pause, await SignalNow());
        Assert.True(await Within(Service.ShouldBackpressureAsync(Pipeline, Source)));
        var one = await Offer("held");
        Assert.Equal(
            (OfferStatus.Held, 0, 0, BackpressureSignal.Pause, 0L),
            (one.Status, one.Accepted, one.Consumed, one.Signal, one.Credits)
        );
        Assert.True(one.CanRetry);
        Assert.Equal(
            (OfferStatus.Held, 0),
            ((await OfferAll(MakeMany("h", 3))).Status, (await OfferAll(MakeMany("h", 3))).Accepted)
        );
        Assert.True((await Offer("other", source: "other")).IsAccepted);

        Assert.Equal(7, await Lost(LossReason.Held));
        Assert.Equal(7, (await AssertConserved()).Total.Refused);
    }

    [Fact]
    public async Task A_held_source_goes_on_with_the_signal_of_its_fill_once_it_is_resumed()
    {
        await Configure(Exact());
        await Pause(HoldTarget.Source, Source);
        Assert.True(await Resume(HoldTarget.Source, Source));
        Assert.Equal(BackpressureSignal.None, await SignalNow());
        await Fill(48);
        await Pause(HoldTarget.Source, Source);
        await Resume(HoldTarget.Source, Source);
        Assert.Equal(BackpressureSignal.Pause, await SignalNow()); // the stage is as full as before

        await Pause(HoldTarget.Source, Source);
        await Drain();
        Assert.Equal(BackpressureSignal.Pause, await SignalNow());
        await Resume(HoldTarget.Source, Source);
        Assert.Equal(BackpressureSignal.None, await SignalNow());
    }

    [Fact]
    public async Task Subscribers_hear_of_a_hold_and_of_its_end_and_of_nothing_between()
    {
        await Configure(Exact());
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await Within(signals.MoveNextAsync()));
        await Fill(40);
        Assert.True(await Within(signals.MoveNextAsync()));
        Assert.Equal(BackpressureKind.SlowDown, signals.Current.Kind);
        await Pause(HoldTarget.Source, Source);
        Assert.True(await Within(signals.MoveNextAsync()));
        Assert.Equal(BackpressureSignal.Pause, signals.Current);
        await Drain();
        await Resume(HoldTarget.Source, Source);
        Assert.True(await Within(signals.MoveNextAsync()));
        Assert.Equal(BackpressureSignal.None, signals.Current);
    }

    [Fact]
    public async Task A_source_that_was_refused_as_held_hears_a_signal_once_it_is_resumed()
    {
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await Within(signals.MoveNextAsync()));
        await Pause(HoldTarget.Source, Source);
        Assert.True(await Within(signals.MoveNextAsync()));
        Assert.Equal(OfferStatus.Held, (await Offer("r")).Status);
        await Resume(HoldTarget.Source, Source);
        Assert.True(await Within(signals.MoveNextAsync()));
        Assert.Equal(BackpressureSignal.None, signals.Current);
        Assert.True((await Offer("r")).IsAccepted);
    }

    [Fact]
    public async Task A_held_source_is_granted_no_credits()
    {
        await Pause(HoldTarget.Source, Source);
        Assert.Equal((0L, 0L), (await Available(), await Available(stage: Stage)));
        Assert.Equal(0, (await Request(5)).Records);
        Assert.Equal(5, (await Request(5, source: "other")).Records);
        await Resume(HoldTarget.Source, Source);
        Assert.Equal(5, (await Request(5)).Records);
        await AssertConserved();
    }

    [Fact]
    public async Task Credits_from_before_a_hold_keep_their_promise()
    {
        var grant = await Request(2);
        await Pause(HoldTarget.Source, Source);
        Assert.True((await Offer("r1", credits: grant)).IsAccepted);
        var rest = await OfferAll(MakeMany("s", 2), credits: grant);
        Assert.Equal((OfferStatus.Held, 1), (rest.Status, rest.Accepted));
        await AssertConserved();
    }

    [Fact]
    public async Task What_waits_for_room_waits_on_while_its_source_is_held_and_holds_up_no_other()
    {
        await Configure(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(2);
        var before = await WaitingOffer([Make("w1")]);
        await Pause(HoldTarget.Source, Source);
        var during = await WaitingOffer([Make("w2")]);
        var credits = await WaitingCredits(1);
        await Drain(2);
        Assert.True((await Offer("x", source: "other")).IsAccepted);
        Assert.False(before.IsCompleted || during.IsCompleted || credits.IsCompleted);

        await Drain();
        await Resume(HoldTarget.Source, Source);
        Assert.True((await before).IsAccepted);
        Assert.True((await during).IsAccepted);
        Assert.Equal("w1 w2", await Drain());
        Assert.Equal(1, (await credits).Records);
        await AssertConserved();
    }

    [Fact]
    public async Task A_wait_of_a_held_source_ends_with_a_stop()
    {
        await ConfigureStage(Stage, new() { FullMode = FullMode.Wait });
        await Pause(HoldTarget.Source, Source);
        var offer = await WaitingOffer([Make("w1")]);
        var credits = await WaitingCredits(1);
        await Within(Service.StopAsync(Pipeline, TimeSpan.Zero));
        Assert.Equal(OfferStatus.Draining, (await offer).Status);
        Assert.Equal(0, (await credits).Records);
    }

    [Fact]
    public async Task What_a_held_source_has_pending_goes_on_through_the_stages()
    {
        await Fill(3);
        await Pause(HoldTarget.Source, Source);
        var batch = await Lease(2);
        await Hop(batch, "enrich", Make("x1"), Make("x2"));
        Assert.Equal("x1 x2", await Drain(stage: "enrich"));
        batch = await Lease();
        await DeadLetter(batch);
        Assert.Equal(1, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal("r3", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_held_stage_gives_no_leases_and_lets_what_is_leased_settle()
    {
        await Fill(4);
        var batch = await Lease(2);
        Assert.True(await Pause(HoldTarget.Stage, Stage));
        Assert.Equal(0, (await Lease()).Count);
        Assert.Equal(1, (await Complete(batch, 1)).Settled);
        Assert.Equal(1, (await Return(batch, charge: false)).Settled);
        Assert.Equal(0, (await Lease()).Count);
        Assert.Equal("r2 r3 r4", Ids(await Within(Service.PeekAsync(Pipeline, Stage, 10))));
        Assert.True((await Offer("r5")).IsAccepted);
        await Fill(1, stage: "other");
        Assert.Equal("r1", await Drain(stage: "other"));

        Assert.True(await Resume(HoldTarget.Stage, Stage));
        Assert.Equal("r2 r3 r4 r5", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task Consumers_wait_at_a_held_stage_until_it_is_resumed()
    {
        var early = await WaitingLease();
        await Pause(HoldTarget.Stage, Stage);
        await Fill(2);
        var late = await WaitingLease(1);
        Assert.False(early.IsCompleted);
        await Resume(HoldTarget.Stage, Stage);
        Assert.Equal("r1 r2", Ids(await early));
        Assert.False(late.IsCompleted);
        await Fill(1, source: "other");
        Assert.Equal(1, (await late).Count);
    }

    [Theory]
    [InlineData(HoldTarget.Source)]
    [InlineData(HoldTarget.Stage)]
    public async Task Holding_twice_and_lifting_what_is_not_held_change_nothing(HoldTarget target)
    {
        var name = target == HoldTarget.Source ? Source : Stage;
        Assert.False(await Resume(target, name));
        Assert.DoesNotContain(Pipeline, await Within(Service.GetPipelinesAsync()));
        Assert.True(await Pause(target, name));
        var since = Clock.Start;
        Clock.Advance(Seconds(10));
        Assert.False(await Pause(target, name));
        Assert.Equal(new OperatorHold(target, name, since), Assert.Single((await GetSnapshot()).Holds));
        Assert.True(await Resume(target, name));
        Assert.False(await Resume(target, name));
        Assert.Empty((await GetSnapshot()).Holds);
    }

    [Fact]
    public async Task A_hold_creates_the_pipeline_and_neither_stage_nor_source_and_holds_them_when_they_come()
    {
        await Pause(HoldTarget.Source, Source);
        await Pause(HoldTarget.Stage, Stage);
        var snapshot = await GetSnapshot();
        Assert.Empty(snapshot.Stages);
        Assert.Empty(snapshot.Sources);
        Assert.Contains(Pipeline, await Within(Service.GetPipelinesAsync()));
        Assert.Equal(BackpressureSignal.Pause, await SignalNow());
        Assert.Equal(0, await Available());

        Assert.Equal(OfferStatus.Held, (await Offer("r1")).Status);
        await Fill(1, source: "other");
        Assert.Equal(0, (await Lease()).Count);
        Assert.Equal(
            ["Source kafka-1", "Stage filter"],
            (await GetSnapshot()).Holds.Select(h => $"{h.Target} {h.Name}")
        );
    }

    [Fact]
    public async Task A_held_source_and_stage_stay_when_they_are_idle()
    {
        await Configure(new() { IdleAfter = Seconds(60) });
        await Fill(1);
        await Fill(1, "gone", "gone");
        await Drain();
        await Drain(stage: "gone");
        await Pause(HoldTarget.Source, Source);
        await Pause(HoldTarget.Stage, Stage);
        var left = await Eventually(
            () =>
            {
                Clock.Advance(Seconds(61));
                return GetSnapshot();
            },
            s => s.Stages.Count == 1 && s.Sources.Count == 1
        );
        Assert.Equal((Stage, Source), (left.Stages[0].Stage, left.Sources[0].Source));
        Assert.Equal(OfferStatus.Held, (await Offer("r1")).Status);

        await Resume(HoldTarget.Source, Source);
        await Resume(HoldTarget.Stage, Stage);
        await Eventually(
            () =>
            {
                Clock.Advance(Seconds(61));
                return GetSnapshot();
            },
            s => s.Stages.Count == 0 && s.Sources.Count == 0
        );
    }

    [Fact]
    public async Task A_source_held_by_an_operator_sees_the_hold_and_its_time()
    {
        await Configure(new() { MaxPerSource = 10 });
        await Fill(4);
        await Pause(HoldTarget.Source, Source);
        Clock.Advance(Seconds(30));
        var own = Assert.Single(await Within(Service.ExplainAsync(Pipeline, Source)));
        Assert.Equal(
            new BackpressureReason($"hold on source {Source}", 4, 10, 0.4, Seconds(30), null, null)
            {
                ByOperator = true,
            },
            own
        );

        await Pause(HoldTarget.Source, "not yet there");
        var other = Assert.Single(await Within(Service.ExplainAsync(Pipeline, "not yet there")));
        Assert.Equal(
            ("hold on source not yet there", 0L, 10L, true),
            (other.Limit, other.Used, other.Of, other.ByOperator)
        );
        await Resume(HoldTarget.Source, Source);
        Assert.Empty(await Within(Service.ExplainAsync(Pipeline, Source)));
    }

    [Fact]
    public async Task A_source_that_is_held_by_a_full_stage_is_told_that_an_operator_holds_the_stage()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Pause(HoldTarget.Stage, Stage);
        await Fill(4);
        Assert.Empty(await Within(Service.ExplainAsync(Pipeline, Source)));
        await Fill(4);
        var reasons = await Within(Service.ExplainAsync(Pipeline, Source));
        Assert.Equal(
            [($"hold on stage {Stage}", true), ($"stage {Stage}", false)],
            reasons.Select(r => (r.Limit, r.ByOperator))
        );
    }

    [Fact]
    public async Task A_stop_waits_for_a_held_stage_as_for_slow_consumers()
    {
        await Fill(2);
        await Pause(HoldTarget.Stage, Stage);
        var stop = await Stopping(Seconds(3_600));
        Assert.Equal(0, (await Lease()).Count);
        await Resume(HoldTarget.Stage, Stage);
        Assert.Equal("r1 r2", await Drain());
        Assert.Equal((2, 0), ((await stop).Settled, (await stop).Remaining));
    }

    [Fact]
    public async Task A_hold_outlasts_a_stop()
    {
        if (!StartsAgain)
            return;
        await Pause(HoldTarget.Source, Source);
        await Within(Service.StopAsync(Pipeline, TimeSpan.Zero));
        await Configure(new());
        Assert.Equal(OfferStatus.Held, (await Offer("r1")).Status);
    }

    [Fact]
    public async Task Holding_what_has_no_name_or_no_kind_is_refused_and_makes_nothing()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Pause(HoldTarget.Source, ""));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Pause(HoldTarget.Stage, "a\nb"));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Resume(HoldTarget.Stage, null!));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Pause((HoldTarget)7, Source));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Resume((HoldTarget)7, Source));
        Assert.DoesNotContain(Pipeline, await Within(Service.GetPipelinesAsync()));
    }
}
