using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Every change that lets a waiter go on, or makes its wait hopeless, reaches it: changes by kinds of waiters.
/// </summary>
public sealed class ChangesThatEndWaitsTests
{
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    static readonly StageSettings Wait = new() { FullMode = FullMode.Wait };

    readonly FakeClock clock = new();

    [Theory]
    [InlineData(FullMode.DropOldest, OfferStatus.Accepted, true)]
    [InlineData(FullMode.DropOldest, OfferStatus.Accepted, false)]
    [InlineData(FullMode.DropNewest, OfferStatus.Dropped, true)]
    [InlineData(FullMode.DropNewest, OfferStatus.Dropped, false)]
    [InlineData(FullMode.Reject, OfferStatus.StageFull, true)]
    [InlineData(FullMode.Reject, OfferStatus.StageFull, false)]
    public async Task A_stage_that_no_longer_waits_lets_no_offer_wait(
        FullMode rule,
        OfferStatus expected,
        bool byTheStage
    )
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 2, Stage = Wait }, new() { Clock = clock });
        manager.BufferBatchForStage("s", "a", [1, 2]);
        var offers = new[] { "a", "a", "b" }.Select(s => manager.BufferForStageAsync("s", s, 3).AsTask()).ToArray();
        var changed = new StageSettings { FullMode = rule };
        if (byTheStage)
            manager.ConfigureStage("s", changed);
        else
            manager.ChangeLimits(manager.Settings with { Stage = changed });
        foreach (var offer in offers)
            Assert.Equal(expected, (await Within.Reason(offer)).Status);
        Assert.Equal(
            rule == FullMode.DropOldest ? OfferStatus.Accepted : expected,
            manager.BufferForStage("s", "c", 4).Status
        );
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task Offers_that_wait_for_their_source_follow_a_new_full_mode()
    {
        var manager = new BufferManager<int>(new() { MaxPerSource = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var offers = Enumerable.Range(0, 3).Select(i => manager.BufferForStageAsync("s", "a", i).AsTask()).ToArray();
        manager.ConfigureStage("s", new());
        foreach (var offer in offers)
            Assert.Equal(OfferStatus.SourceFull, (await Within.Reason(offer)).Status);
    }

    [Theory]
    [InlineData("stage")]
    [InlineData("source")]
    [InlineData("manager")]
    public async Task A_record_too_large_for_the_new_limits_stops_waiting(string limit)
    {
        var manager = new BufferManager<byte[]>(
            new()
            {
                MaxTotalBytes = 1_000,
                MaxBytesPerStage = 1_000,
                MaxBytesPerSource = 1_000,
                Stage = Wait,
            },
            new() { Clock = clock, SizeOf = r => r.Length }
        );
        manager.BufferForStage("s", "a", new byte[1_000]);
        var credits = manager.WaitForCreditsAsync("s", "a", 1, Minute, 800).AsTask();
        var offer = manager.BufferForStageAsync("s", "a", new byte[700]).AsTask();
        var behind = manager.BufferForStageAsync("s", "b", new byte[100]).AsTask();
        manager.ChangeLimits(
            limit switch
            {
                "stage" => manager.Settings with { MaxBytesPerStage = 500 },
                "source" => manager.Settings with { MaxBytesPerSource = 500 },
                _ => manager.Settings with { MaxTotalBytes = 500 },
            }
        );
        // The request was valid when it was made; the next one is not.
        var none = await Within.Reason(credits);
        Assert.Equal((0L, 0, "s", "a"), (none.Id, none.Records, none.StageId, none.SourceId));
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            _ = manager.WaitForCreditsAsync("s", "a", 1, Minute, 800);
        });
        Assert.Contains("bytesPerRecord is 800; the limits could never hold more than 500 bytes", failure.Message);
        Assert.Equal(OfferStatus.TooLarge, (await Within.Reason(offer)).Status);
        Assert.False(behind.IsCompleted);
        manager.Complete(manager.GetBatch("s", 1));
        Assert.True((await Within.Reason(behind)).IsAccepted);
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task Larger_limits_let_offers_and_credits_continue()
    {
        var manager = new BufferManager<int>(new() { MaxTotalRecords = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var (offer, credits) = (
            manager.BufferForStageAsync("s", "a", 2),
            manager.WaitForCreditsAsync("t", "b", 1, Minute)
        );
        manager.ChangeLimits(manager.Settings with { MaxTotalRecords = 3 });
        Assert.True((await Within.Reason(offer)).IsAccepted);
        Assert.Equal(1, (await Within.Reason(credits)).Records);
    }

    [Fact]
    public async Task A_new_duplicate_window_applies_to_waiting_offers()
    {
        var manager = new BufferManager<string>(
            new() { MaxPerStage = 1, Stage = Wait },
            new() { Clock = clock, IdOf = s => s }
        );
        manager.BufferForStage("s", "a", "x");
        var offers = Enumerable.Range(0, 2).Select(_ => manager.BufferForStageAsync("s", "a", "y").AsTask()).ToArray();
        manager.ConfigureStage("s", new() { FullMode = FullMode.Wait, Duplicates = new() });
        manager.Complete(manager.GetBatch("s", 1));
        Assert.Equal(OfferStatus.Accepted, (await Within.Reason(offers[0])).Status);
        manager.Complete(manager.GetBatch("s", 1));
        Assert.Equal(OfferStatus.Duplicate, (await Within.Reason(offers[1])).Status);
    }

    [Fact]
    public async Task A_time_to_live_makes_room_for_waiting_offers()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var (offer, credits) = (
            manager.BufferForStageAsync("s", "a", 2).AsTask(),
            manager.WaitForCreditsAsync("s", "b", 1, Minute).AsTask()
        );
        manager.ConfigureStage("s", new() { FullMode = FullMode.Wait, TimeToLive = TimeSpan.FromSeconds(1) });
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await Within.Reason(offer)).IsAccepted);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await Within.Reason(credits)).Records);
    }

    [Fact]
    public async Task Turning_off_strict_order_wakes_the_consumers_that_wait_for_it()
    {
        var manager = new BufferManager<int>(null, new() { Clock = clock });
        manager.BufferBatchForStage("s", "a", [1, 2]);
        var held = manager.GetBatch("s", 1);
        var waits = manager.GetBatchAsync("s", 1);
        Assert.False(waits.IsCompleted);
        manager.ConfigureStage("s", new() { LeaseOrder = LeaseOrder.Shared });
        Assert.Equal(2, (await Within.Reason(waits)).GetRecord(0));
        Assert.Equal(1, manager.Complete(held).Settled);
    }

    [Fact]
    public async Task A_stop_ends_every_wait()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var offers = new[] { "a", "a", "b" }.Select(s => manager.BufferForStageAsync("s", s, 2).AsTask()).ToArray();
        var credits = manager.WaitForCreditsAsync("s", "c", 1, Minute);
        var consumer = manager.GetBatchAsync("empty", 1);
        await Within.Reason(manager.StopAsync(TimeSpan.Zero));
        foreach (var offer in offers)
            Assert.Equal(OfferStatus.Draining, (await Within.Reason(offer)).Status);
        Assert.Equal(0, (await Within.Reason(credits)).Records);
        Assert.Empty(await Within.Reason(consumer));
    }

    [Fact]
    public async Task Waiters_survive_the_removal_of_idle_stages_and_sources()
    {
        var manager = new BufferManager<int>(
            new()
            {
                MaxTotalRecords = 1,
                IdleAfter = TimeSpan.FromSeconds(1),
                Stage = Wait,
            },
            new() { Clock = clock }
        );
        manager.BufferForStage("full", "a", 1);
        var (offer, credits, consumer) = (
            manager.BufferForStageAsync("s", "b", 2),
            manager.WaitForCreditsAsync("t", "c", 1, Minute),
            manager.GetBatchAsync("s", 1)
        );
        clock.Advance(TimeSpan.FromMinutes(10));
        manager.Complete(manager.GetBatch("full", 1));
        Assert.True((await Within.Reason(offer)).IsAccepted);
        manager.Complete(await Within.Reason(consumer));
        Assert.Equal(1, (await Within.Reason(credits)).Records);
    }
}
