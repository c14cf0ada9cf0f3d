using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Contracts;

/// <summary>Delivery: leases, settling, retries, time to live.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_lease_has_up_to_as_many_records_as_asked_for_an_id_and_a_deadline()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(7) } });
        await Fill(5);
        Clock.Advance(Seconds(1));
        var batch = await Lease(3);
        Assert.Equal((3, Stage, Clock.Start + Seconds(8)), (batch.Count, batch.Stage, batch.Deadline));
        Assert.NotEqual(0, batch.Id);
        await Complete(batch);
        var next = await Lease(3, timeout: Seconds(2));
        Assert.Equal((2, Clock.Start + Seconds(3)), (next.Count, next.Deadline));
        Assert.NotEqual(batch.Id, next.Id);
    }

    [Fact]
    public async Task A_lease_lasts_30_seconds_by_default()
    {
        await Fill(1);
        Assert.Equal(Clock.Start + Seconds(30), (await Lease()).Deadline);
    }

    [Fact]
    public async Task A_stage_without_records_answers_an_empty_batch_at_once()
    {
        var batch = await Lease(10, "nothing-there");
        Assert.Equal((0L, 0), (batch.Id, batch.Count));
        Assert.Equal(SettleStatus.UnknownLease, (await Complete(batch)).Status);
    }

    [Fact]
    public async Task Leasing_an_enormous_number_of_records_gives_what_there_is()
    {
        await Fill(3);
        Assert.Equal("r1 r2 r3", Ids(await Lease(int.MaxValue)));
    }

    [Fact]
    public async Task A_waiting_consumer_is_given_the_record_that_comes()
    {
        var lease = await WaitingLease();
        await Offer("r1");
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task A_consumer_that_waits_where_there_are_records_is_given_them_at_once()
    {
        await Fill(2);
        Assert.Equal("r1 r2", Ids(await Within(Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true }))));
    }

    [Fact]
    public async Task Waiting_consumers_are_served_in_the_order_they_came()
    {
        await Configure(new() { Stage = new() { LeaseOrder = LeaseOrder.Shared } });
        var (first, second) = (await WaitingLease(1), await WaitingLease(1));
        await Offer("r1");
        Assert.Equal("r1", Ids(await first));
        Assert.False(second.IsCompleted);
        await Offer("r2");
        Assert.Equal("r2", Ids(await second));
    }

    [Fact]
    public async Task A_waiting_consumer_is_woken_when_its_source_is_free_again()
    {
        await Fill(2);
        var held = await Lease(1);
        var lease = await WaitingLease();
        await Complete(held);
        Assert.Equal("r2", Ids(await lease));
    }

    [Fact]
    public async Task A_waiting_consumer_is_woken_by_a_return()
    {
        await Configure(new() { Stage = Eager });
        await Fill(1);
        var held = await Lease();
        var lease = await WaitingLease();
        await Return(held);
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task A_cancelled_consumer_takes_nothing_with_it()
    {
        using var cancel = new CancellationTokenSource();
        var lease = await WaitingLease(cancellation: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lease);
        await Fill(3);
        Assert.Equal("r1 r2 r3", Ids(await Lease()));
        Assert.Equal(0, (await StageNow()).WaitingConsumers);
    }

    [Fact]
    public async Task No_record_is_lost_when_consumers_are_cancelled_while_records_come()
    {
        const int Rounds = 300;
        await Configure(new() { Stage = new() { LeaseOrder = LeaseOrder.Shared } });
        var taken = 0;
        for (var i = 0; i < Rounds; i++)
        {
            using var cancel = new CancellationTokenSource();
            var lease = Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true }, cancel.Token).AsTask();
            using var start = new Barrier(2);
            var offering = Task.Run(async () =>
            {
                start.SignalAndWait(Patience);
                await Offer($"r{i}");
            });
            await Task.Run(() =>
            {
                start.SignalAndWait(Patience);
                cancel.Cancel();
            });
            await Within(offering);
            try
            {
                taken += (await Complete(await Within(lease))).Settled;
            }
            catch (OperationCanceledException)
            {
                // The record must still be there.
                Assert.Single(await Within(Service.PeekAsync(Pipeline, Stage, 10)));
            }

            taken += (await Drain()).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        }

        Assert.Equal(Rounds, taken);
        await AssertConserved();
    }

    [Fact]
    public async Task Completing_a_lease_settles_all_of_it()
    {
        await Fill(3);
        var batch = await Lease();
        Assert.Equal(new SettleResult(SettleStatus.Ok, 3), await Complete(batch));
        Assert.Equal((0, 3), ((await Total()).Pending, (await Total()).Completed));
        Assert.Empty((await StageNow()).Leases);
    }

    [Fact]
    public async Task After_some_of_a_lease_is_settled_the_rest_can_still_be()
    {
        await Configure(new() { Stage = Eager });
        await Fill(4);
        var batch = await Lease();
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch, Sequences(batch, "r2")));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Return(batch, sequences: Sequences(batch, "r3")));
        Assert.Equal(2, Assert.Single((await StageNow()).Leases).Records);
        Assert.Equal(new SettleResult(SettleStatus.Ok, 2), await Complete(batch));
        Assert.Equal("r3", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_record_settled_before_is_not_settled_again()
    {
        await Fill(3);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r1"));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch, Sequences(batch, "r1", "r2")));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 0), await Return(batch, sequences: Sequences(batch, "r2")));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch));
        await AssertConserved();
    }

    [Fact]
    public async Task A_record_named_twice_is_settled_once()
    {
        await Fill(2);
        var batch = await Lease();
        Assert.Equal(1, (await Complete(batch, 1, 1, 1)).Settled);
        Assert.Equal(1, (await Total()).InFlight);
    }

    [Fact]
    public async Task A_lease_settles_no_records_but_its_own()
    {
        await Fill(2, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var (first, second) = (await Lease(10, oneSource: true), await Lease(10, oneSource: true));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 0), await Complete(first, [.. second.Records.Select(r => r.Sequence), 99, 0, -1]));
        Assert.Equal(2, (await Complete(second)).Settled);
        Assert.Equal(2, (await Complete(first)).Settled);
    }

    [Fact]
    public async Task A_lease_that_was_settled_whole_or_never_given_is_unknown()
    {
        await Fill(1);
        var batch = await Lease();
        await Complete(batch);
        var unknown = new SettleResult(SettleStatus.UnknownLease, 0);
        Assert.Equal(unknown, await Complete(batch));
        Assert.Equal(unknown, await Return(batch));
        Assert.Equal(unknown, await DeadLetter(batch));
        Assert.Equal(unknown, await Within(Service.RenewAsync(Pipeline, Stage, batch.Id)));
        Assert.Equal(unknown, await Within(StartHop(batch, "enrich", Make("x"))));
        Assert.Equal(unknown, await Complete(batch with { Id = 12_345 }));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_returned_record_has_its_retry_count_up_by_one()
    {
        await Configure(new() { Stage = Eager });
        await Fill(2);
        for (var tried = 0; tried < 3; tried++)
        {
            var batch = await Lease();
            Assert.Equal([tried, tried], batch.Records.Select(r => r.RetryCount));
            await Return(batch);
        }

        Assert.Equal([3, 3], (await Lease()).Records.Select(r => r.RetryCount));
        Assert.Equal(6, (await Total()).Retries);
    }

    [Fact]
    public async Task A_record_returned_without_charge_was_not_tried_and_is_there_again_at_once()
    {
        await Configure(new() { Stage = new() { MaxRetries = 0, Backoff = new() { First = Seconds(100), Max = Seconds(100) } } });
        await Fill(1);
        for (var i = 0; i < 5; i++)
        {
            var batch = await Lease();
            Assert.Equal(0, Assert.Single(batch.Records).RetryCount);
            Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Return(batch, charge: false));
        }

        Assert.Equal(0, (await Total()).Retries);
    }

    [Fact]
    public async Task A_returned_record_waits_out_its_backoff()
    {
        await Configure(new() { Stage = new() { Backoff = new() { First = Seconds(1), Jitter = 0 } } });
        await Fill(1);
        await Return(await Lease());
        Clock.Advance(Milliseconds(999));
        Assert.Equal(0, (await Lease()).Count);
        Clock.Advance(Milliseconds(1));
        Assert.Equal("r1", Ids(await LeaseOnceThere()));
    }

    [Fact]
    public async Task A_waiting_consumer_is_woken_when_the_backoff_is_over()
    {
        await Configure(new() { Stage = new() { Backoff = new() { First = Seconds(1), Jitter = 0 } } });
        await Fill(1);
        await Return(await Lease());
        var lease = await WaitingLease();
        Clock.Advance(Seconds(1));
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task The_backoff_grows_with_each_return_up_to_its_bound()
    {
        await Configure(new() { Stage = new() { MaxRetries = 10, Backoff = new() { First = Seconds(1), Max = Seconds(5), Factor = 2, Jitter = 0 } } });
        await Fill(1);
        var batch = await Lease();
        foreach (var seconds in new[] { 1, 2, 4, 5, 5 })
        {
            await Return(batch);
            Clock.Advance(Seconds(seconds) - Milliseconds(1));
            Assert.Equal(0, (await Lease()).Count);
            Clock.Advance(Milliseconds(1));
            batch = await LeaseOnceThere();
        }
    }

    [Fact]
    public async Task The_backoff_is_jittered_within_its_share()
    {
        await Configure(new() { MaxPerStage = 200, Stage = new() { Backoff = new() { First = Seconds(10), Jitter = 0.5 } } });
        for (var i = 0; i < 100; i++) await Offer($"r{i}", source: $"s{i}");
        await Return(await Lease(200));
        Clock.Advance(Seconds(5) - Milliseconds(1));
        Assert.Equal(0, (await Lease(200)).Count);
        Clock.Advance(Seconds(2.5));
        var half = (await Lease(200)).Count;
        Assert.InRange(half, 10, 90);
        Clock.Advance(Seconds(2.501));
        await Eventually(async () => half += (await Lease(200)).Count, all => all == 100);
    }

    [Fact]
    public async Task Only_the_source_of_a_returned_record_waits_with_it()
    {
        await Configure(new() { Stage = new() { Backoff = new() { First = Seconds(1), Jitter = 0 } } });
        await Fill(2, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var batch = await Lease(10);
        await Return(batch, sequences: Sequences(batch, "a1"));
        await Complete(batch);
        await Offer("a3", source: "a");
        await Offer("b3", source: "b");
        Assert.Equal("b3", await Drain());
        Assert.Equal("", await Drain());
        Clock.Advance(Seconds(1));
        Assert.Equal("a1 a3", Ids(await LeaseOnceThere(2)));
    }

    [Fact]
    public async Task A_lease_past_its_deadline_goes_back_by_itself_and_is_charged()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None } });
        await Fill(3);
        var batch = await Lease(2);
        Clock.Advance(Seconds(10) - Milliseconds(1));
        Assert.Equal(2, (await StageNow()).Level.InFlight);
        Clock.Advance(Milliseconds(1));
        await Eventually(() => StageNow(), s => s.Level.InFlight == 0);

        var again = await Lease();
        Assert.Equal("r1 r2 r3", Ids(again));
        Assert.Equal([1, 1, 0], again.Records.Select(r => r.RetryCount));
        Assert.Equal(2, (await AssertConserved()).Total.Retries);
        Assert.NotEqual(batch.Id, again.Id);
    }

    [Fact]
    public async Task Settling_an_expired_lease_answers_so_and_changes_nothing()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None } });
        await Fill(2);
        var batch = await Lease();
        Clock.Advance(Seconds(11));

        var expired = new SettleResult(SettleStatus.LeaseExpired, 0);
        Assert.Equal(expired, await Complete(batch));
        Assert.Equal(expired, await Complete(batch, 1));
        Assert.Equal(expired, await Return(batch));
        Assert.Equal(expired, await DeadLetter(batch));
        Assert.Equal(expired, await Within(Service.RenewAsync(Pipeline, Stage, batch.Id)));
        Assert.Equal(expired, await Within(StartHop(batch, "enrich", Make("x"))));

        var again = await Lease();
        Assert.Equal([1, 1], again.Records.Select(r => r.RetryCount));
        Assert.Equal(expired, await Complete(batch));
        Assert.Equal(2, (await Complete(again)).Settled);
        Assert.Equal(2, (await AssertConserved()).Total.Completed);
    }

    [Fact]
    public async Task Only_what_is_still_open_in_an_expired_lease_goes_back()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None } });
        await Fill(3);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r2"));
        Clock.Advance(Seconds(10));
        Assert.Equal("r1 r3", Ids(await LeaseOnceThere(2)));
    }

    [Fact]
    public async Task A_waiting_consumer_is_given_the_records_of_an_expired_lease()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None } });
        await Fill(1);
        await Lease();
        var lease = await WaitingLease();
        Clock.Advance(Seconds(10));
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task Leases_expire_each_at_its_own_deadline()
    {
        await Configure(new() { Stage = Eager });
        foreach (var source in new[] { "a", "b", "c" }) await Offer($"{source}1", source: source);
        await Lease(1, timeout: Seconds(30));
        await Lease(1, timeout: Seconds(10));
        await Lease(1, timeout: Seconds(20));
        foreach (var left in new[] { 2, 1, 0 })
        {
            Clock.Advance(Seconds(10));
            await Eventually(() => StageNow(), s => s.Leases.Count == left);
        }
    }

    [Fact]
    public async Task Renewing_a_lease_moves_its_deadline_to_the_lease_timeout_from_now()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10) } });
        await Fill(1);
        var batch = await Lease();
        Clock.Advance(Seconds(9));
        Assert.Equal(SettleStatus.Ok, (await Within(Service.RenewAsync(Pipeline, Stage, batch.Id))).Status);
        Assert.Equal(Clock.Start + Seconds(19), Assert.Single((await StageNow()).Leases).Deadline);
        Clock.Advance(Seconds(9));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch));
    }

    [Fact]
    public async Task A_record_that_is_delivered_twice_has_the_same_id_and_sequence_so_that_its_effect_can_be_had_once()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None } });
        await Fill(5);
        var effects = new HashSet<(string, long)>();
        var deliveries = 0;
        for (var round = 0; round < 3; round++)
        {
            foreach (var record in (await LeaseOnceThere(5)).Records)
            {
                effects.Add((record.Record.Id, record.Sequence));
                deliveries++;
            }

            Clock.Advance(Seconds(10));
        }

        Assert.Equal((15, 5), (deliveries, effects.Count));
    }

    [Fact]
    public async Task A_record_that_waits_longer_than_its_time_to_live_expires_into_the_ledger()
    {
        await Configure(new() { MaxPerStage = 2, Stage = new() { TimeToLive = Seconds(60) } });
        await Offer("r1");
        Clock.Advance(Seconds(30));
        await Offer("r2");
        Clock.Advance(Seconds(30));
        await Eventually(() => Lost(LossReason.Expired), expired => expired == 1);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r3")).Status);
        Assert.Equal(1, (await AssertConserved()).Total.Expired);
        Assert.Equal("r2 r3", await Drain());
    }

    [Fact]
    public async Task An_expired_record_makes_room_for_a_waiting_offer()
    {
        await Configure(new() { MaxPerStage = 1, Stage = new() { TimeToLive = Seconds(60), WhenFull = FullRule.Wait } });
        await Offer("r1");
        var offer = await WaitingOffer([Make("r2")]);
        Clock.Advance(Seconds(60));
        Assert.True((await offer).IsAccepted);
        Assert.Equal("r2", await Drain());
    }

    [Fact]
    public async Task A_record_in_flight_does_not_expire()
    {
        await Configure(new() { Stage = new() { TimeToLive = Seconds(5) } });
        await Fill(1);
        var batch = await Lease();
        Clock.Advance(Seconds(20));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch));
        Assert.Equal(0, await Lost(LossReason.Expired));
    }

    [Fact]
    public async Task Records_do_not_expire_by_default()
    {
        await Fill(1);
        Clock.Advance(TimeSpan.FromDays(365));
        Assert.Equal("r1", await Drain());
    }

    [Fact]
    public async Task Peeking_shows_what_waits_and_takes_nothing()
    {
        await Fill(3, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var peeked = await Within(Service.PeekAsync(Pipeline, Stage, 4));
        Assert.Equal(4, peeked.Count);
        Assert.StartsWith("a1 a2 a3", Ids(peeked.OrderBy(r => r.SourceId)), StringComparison.Ordinal);
        Assert.Equal((5, 0), ((await Total()).Buffered, (await Total()).InFlight));
        Assert.Equal(5, (await Lease()).Count);
        Assert.Empty(await Within(Service.PeekAsync(Pipeline, Stage, 4)));
    }
}
