using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Delivery: leases past their deadline and records past their time to live.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_lease_past_its_deadline_goes_back_by_itself_and_one_record_is_charged()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
            }
        );
        await Fill(3);
        var batch = await Lease(1);
        Clock.Advance(Seconds(10) - Milliseconds(1));
        Assert.Equal(1, (await StageNow()).Level.InFlight);
        Clock.Advance(Milliseconds(1));
        await Eventually(() => StageNow(), s => s.Level.InFlight == 0);

        var again = await Lease();
        Assert.Equal(("r1", 1), (Ids(again), again.Records[0].RetryCount));
        Assert.Equal(1, (await AssertConserved()).Total.Retries);
        Assert.NotEqual(batch.Id, again.Id);
        await Complete(again);
        Assert.Equal("r2 r3", Ids(await Lease()));
    }

    [Fact]
    public async Task Settling_an_expired_lease_answers_so_and_changes_nothing()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
            }
        );
        await Fill(1);
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
        Assert.Equal(1, Assert.Single(again.Records).RetryCount);
        Assert.Equal(expired, await Complete(batch));
        Assert.Equal(1, (await Complete(again)).Settled);
        Assert.Equal(1, (await AssertConserved()).Total.Completed);
    }

    [Fact]
    public async Task Only_what_is_still_open_in_an_expired_lease_goes_back()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
            }
        );
        await Fill(3);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r2"));
        Clock.Advance(Seconds(10));
        await Eventually(() => StageNow(), s => s.Level.InFlight == 0);
        Assert.Equal(("r1", "r3"), (await Drain(1), await Drain()));
    }

    [Fact]
    public async Task A_waiting_consumer_is_given_the_records_of_an_expired_lease()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
            }
        );
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
        foreach (var source in new[] { "a", "b", "c" })
            await Offer($"{source}1", source: source);
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
    public async Task Renewing_a_lease_gives_it_its_own_duration_again()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(10) } });
        await Fill(1);
        var batch = await Lease();
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { LeaseTimeout = Seconds(2) });
        Clock.Advance(Seconds(9));
        Assert.Equal(SettleStatus.Ok, (await Within(Service.RenewAsync(Pipeline, Stage, batch.Id))).Status);
        Assert.Equal(Clock.Start + Seconds(19), Assert.Single((await StageNow()).Leases).Deadline);
        Clock.Advance(Seconds(9));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3600)]
    public async Task A_lease_of_a_requested_duration_is_renewed_for_that_duration(int seconds)
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(30) } });
        await Fill(1);
        var batch = await Lease(1, timeout: Seconds(seconds));
        Clock.Advance(Seconds(1));
        Assert.Equal(SettleStatus.Ok, (await Within(Service.RenewAsync(Pipeline, Stage, batch.Id))).Status);
        Assert.Equal(Clock.Start + Seconds(1 + seconds), Assert.Single((await StageNow()).Leases).Deadline);
    }

    [Fact]
    public async Task A_record_that_is_delivered_twice_has_the_same_id_and_sequence_so_that_its_effect_can_be_had_once()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
            }
        );
        await Fill(5);
        var effects = new HashSet<(string, long)>();
        var deliveries = 0;
        for (var round = 0; round < 3; round++)
        {
            foreach (var record in (await Eventually(() => Lease(5), b => b.Count > 0)).Records)
            {
                effects.Add((record.Record.Id, record.Sequence));
                deliveries++;
            }

            Clock.Advance(Seconds(10));
        }

        Assert.Equal((5 + 2 + 1, 5), (deliveries, effects.Count));
    }

    [Fact]
    public async Task A_record_that_waits_longer_than_its_time_to_live_expires_into_the_ledger()
    {
        await Configure(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { TimeToLive = Seconds(60) },
            }
        );
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
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { TimeToLive = Seconds(60), FullMode = FullMode.Wait },
            }
        );
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
}
