using ConveyorActors.Testing.Contracts;
using ConveyorActors.Testing.Faults;

namespace ConveyorActors.Testing.Tests.Faults;

/// <summary>What each fault does to a call, and what it leaves behind.</summary>
public sealed class FaultyBufferServiceTests : BufferServiceTest
{
    FaultyBufferService Faulty => (FaultyBufferService)Service;

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) =>
        new(new FaultyBufferService(new EmbeddedBufferService(clock), new() { MaxDelay = Seconds(2) }, clock));

    [Fact]
    public async Task A_delayed_offer_reaches_the_service_after_its_delay()
    {
        Faulty.FailNext(FaultKind.Delay);
        var offer = Offer("r1");
        Clock.Advance(Seconds(2) - Milliseconds(1));
        Assert.False(offer.IsCompleted);
        Assert.Equal(0, (await Total()).Offered);
        Clock.Advance(Milliseconds(1));
        Assert.True((await offer).IsAccepted);
        Assert.Equal(1, Faulty.GetCount(FaultKind.Delay));
    }

    [Fact]
    public async Task A_refused_offer_stays_with_the_caller_and_does_not_reach_the_service()
    {
        Faulty.FailNext(FaultKind.Refusal);
        Assert.Equal("", await Drain()); // no offer: the refusal waits
        var answer = await Offer("r1");
        Assert.Equal((OfferStatus.StoreFailing, 0, true), (answer.Status, answer.Consumed, answer.CanRetry));
        Assert.Equal(0, (await Total()).Offered);
        Assert.True((await Offer("r1")).IsAccepted);
    }

    [Fact]
    public async Task An_offer_with_credits_is_not_refused_for_lack_of_room()
    {
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(Clock),
            new() { RefusalStatus = OfferStatus.StageFull }
        );
        var grant = await Within(service.RequestCreditsAsync(Pipeline, Stage, Source, 1, Seconds(60)));
        service.FailNext(FaultKind.Refusal);
        var covered = await Within(service.BufferForStageAsync(Pipeline, Stage, Source, Make("r1"), grant));
        Assert.Equal(OfferStatus.Accepted, covered.Status);
        var bare = await Within(service.BufferForStageAsync(Pipeline, Stage, Source, Make("r2")));
        Assert.Equal(OfferStatus.StageFull, bare.Status);
    }

    [Fact]
    public async Task A_source_that_waits_for_its_signal_after_a_refusal_is_woken()
    {
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await Within(signals.MoveNextAsync()));
        var next = signals.MoveNextAsync().AsTask();
        Faulty.FailNext(FaultKind.Refusal);
        Assert.False((await Offer("r1")).IsAccepted);
        Assert.True(await Within(next));
        Assert.Equal(BackpressureSignal.None, signals.Current);
    }

    [Fact]
    public async Task A_call_with_a_lost_reply_was_executed()
    {
        await ConfigureStage(Stage, new() { Backoff = BackoffSettings.None });
        Faulty.FailNext(FaultKind.LostReply);
        var lost = await Assert.ThrowsAsync<InjectedFaultException>(() => Offer("r1"));
        Assert.Equal(
            "There was no reply; LostReply at call 1 of BufferForStageAsync, "
                + $"pipeline {Pipeline}, stage {Stage}, source {Source}.",
            lost.Message
        );
        Assert.Equal(lost.Fault, Assert.Single(Faulty.Faults));
        Assert.Equal(1, (await Total()).Buffered);

        Faulty.FailNext(FaultKind.LostReply);
        await Assert.ThrowsAsync<InjectedFaultException>(() => Lease());
        Assert.Equal(1, (await Total()).InFlight);
        Clock.Advance(Seconds(30)); // the deadline of the lease that nobody knows
        Assert.Equal("r1", Ids(await LeaseOnceThere()));
    }

    [Fact]
    public async Task A_crash_keeps_accepted_records_and_voids_leases_and_credits()
    {
        await Fill(3);
        var held = await Lease(2);
        Assert.Equal(5, (await Request(5)).Records);
        Faulty.FailNext(FaultKind.Crash);
        await Assert.ThrowsAsync<InjectedFaultException>(() => Offer("r4"));

        var total = (await GetSnapshot()).ShouldConserve().Total;
        Assert.Equal((4, 0, 0, 0), (total.Buffered, total.InFlight, total.Granted, total.Retries));
        Assert.Equal(SettleStatus.UnknownLease, (await Complete(held)).Status);
        var again = await Lease();
        Assert.Equal("r1 r2 r3 r4", Ids(again));
        Assert.All(again.Records, r => Assert.Equal(0, r.RetryCount));
    }

    [Fact]
    public async Task A_crash_ends_every_waiting_call()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(1);
        var offer = await WaitingOffer([Make("late")]);
        var lease = await WaitingLease(stage: "enrich");
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await Within(signals.MoveNextAsync()));
        var change = Within(signals.MoveNextAsync());

        await Within(Faulty.CrashAsync());
        await Assert.ThrowsAsync<InjectedFaultException>(() => offer);
        await Assert.ThrowsAsync<InjectedFaultException>(() => lease);
        await Assert.ThrowsAsync<InjectedFaultException>(() => change);
        Assert.Equal((1, 0), ((await Total()).Pending, (await StageNow()).WaitingOffers));
        Assert.Equal("r1", await Drain()); // and the process is back
    }

    [Fact]
    public async Task A_lease_that_was_settled_before_a_crash_stays_settled()
    {
        await Fill(2, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var (first, second) = (await Lease(2, oneSource: true), await Lease(2, oneSource: true));
        await Complete(first);
        await Complete(second, Sequences(second, "b1"));
        await Faulty.CrashAsync();
        Assert.Equal("b2", await Drain());
        Assert.Equal(4, (await Total()).Completed);
    }

    [Fact]
    public async Task Inspection_and_settings_do_not_fail()
    {
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(Clock),
            new() { LostReplyRate = 1 }
        );
        await Within(service.ConfigureAsync(Pipeline, new() { MaxPerStage = 3 }));
        await Assert.ThrowsAsync<InjectedFaultException>(() =>
            Within(service.BufferForStageAsync(Pipeline, Stage, Source, Make("r1")))
        );
        Assert.Equal(1, (await service.ShouldConserveAsync(Pipeline)).Total.Buffered);
        Assert.Single(await Within(service.PeekAsync(Pipeline, Stage, 5)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Retries_of_a_producer_and_a_consumer_lose_and_repeat_nothing(int seed)
    {
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(),
            new()
            {
                Seed = seed,
                RefusalRate = 0.1,
                LostReplyRate = 0.1,
                CrashRate = 0.05,
            }
        );
        await Within(service.ConfigureAsync(Pipeline, Patient));
        var done = new List<string>();
        var producing = Task.Run(() => ProduceAsync(service, 100));
        await Within(ConsumeAsync(service, done, 100));
        await Within(producing);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => $"r{i}"), done);
        Assert.True(service.GetCount(FaultKind.Crash) > 0 && service.GetCount(FaultKind.LostReply) > 0);
        var total = (await service.ShouldConserveAsync(Pipeline)).Total;
        Assert.Equal((100, 100, 0), (total.Accepted, total.Completed, total.Pending));
    }

    // However often a lease is lost, its records come again, and at once.
    static BufferSettings Patient =>
        new()
        {
            Stage = new() { MaxRetries = 1_000, Backoff = BackoffSettings.None },
        };

    async Task ProduceAsync(IBufferProducer producer, int count)
    {
        var client = Guid.NewGuid();
        for (var i = 1; i <= count; i++)
        {
            var id = new OfferId(client, i);
            while (true)
            {
                try
                {
                    if (
                        (await producer.OfferOnceAsync(Pipeline, Stage, Source, new[] { Make($"r{i}") }, id)).IsAccepted
                    )
                        break;
                }
                catch (TimeoutException)
                {
                    // Made again with the same id, the offer is accepted once.
                }
            }
        }
    }

    async Task ConsumeAsync(IBufferService service, List<string> done, int count)
    {
        long last = 0;
        while (done.Count < count || (await service.GetSnapshotAsync(Pipeline)).Total.Pending > 0)
        {
            try
            {
                var batch = await service.GetBatchAsync(
                    Pipeline,
                    Stage,
                    new BatchRequest(7) { Wait = true, Timeout = Milliseconds(50) }
                );
                foreach (var record in batch.Records.Where(r => r.Sequence > last))
                {
                    done.Add(record.Record.Id);
                    last = record.Sequence;
                }
                await service.CompleteAsync(Pipeline, Stage, batch.Id);
            }
            catch (TimeoutException)
            {
                // What is not completed comes again, and its sequence tells that it was done.
            }
        }
    }
}
