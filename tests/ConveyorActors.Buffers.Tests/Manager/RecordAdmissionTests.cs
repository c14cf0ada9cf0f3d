using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Admission by bytes, ids, and the order of offers; the records are their own sizes.</summary>
public sealed class RecordAdmissionTests
{
    readonly FakeClock clock = new();

    public static TheoryData<OfferStatus, bool> Limits() =>
        new()
        {
            { OfferStatus.StageFull, true },
            { OfferStatus.StageFull, false },
            { OfferStatus.SourceFull, true },
            { OfferStatus.SourceFull, false },
            { OfferStatus.GlobalFull, true },
            { OfferStatus.GlobalFull, false },
        };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Records_are_admitted_until_their_bytes_are_too_many(OfferStatus status, bool isBatch)
    {
        var manager = Make(
            new()
            {
                MaxBytesPerStage = status == OfferStatus.StageFull ? 10 : null,
                MaxBytesPerSource = status == OfferStatus.SourceFull ? 10 : null,
                MaxTotalBytes = status == OfferStatus.GlobalFull ? 10 : null,
            }
        );
        Assert.Equal((status, 2), Offer(manager, "web", isBatch, 4, 5, 3));
        AssertRoom(manager, 2, 9);
        Assert.Equal((OfferStatus.Accepted, 1), Offer(manager, "web", isBatch, 1));
        Assert.Equal((status, 0), Offer(manager, "web", isBatch, 1, 2));
        AssertRoom(manager, 3, 10);
        Assert.Equal((OfferStatus.TooLarge, 0), Offer(manager, "web", isBatch, 11));
        Assert.Equal(1, manager.GetLedger()[LossReason.TooLarge]);
        manager.Complete(manager.GetBatch("s", 1));
        Assert.Equal((OfferStatus.Accepted, 2), Offer(manager, "web", isBatch, 2, 2));
        AssertRoom(manager, 4, 10);
        Assert.Equal(4, manager.GetLedger().Refused);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bytes_are_counted_at_every_level_where_none_is_limited(bool isBatch)
    {
        var manager = Make(new() { MaxPerStage = 3 });
        Assert.Equal((OfferStatus.StageFull, 3), Offer(manager, "web", isBatch, 4, 5, 6, 7));
        AssertRoom(manager, 3, 15);
        var lease = manager.GetBatch("s", 3);
        Assert.Equal(2, manager.Complete(lease, lease.Sequences.Take(2).ToArray()).Settled);
        AssertRoom(manager, 1, 6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_small_offer_does_not_overtake_a_waiting_large_offer(bool isBatch)
    {
        var manager = Make(
            new()
            {
                MaxBytesPerStage = 10,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        Offer(manager, "web", isBatch, 8);
        var large = manager.BufferForStageAsync("s", "log", 5).AsTask();
        Assert.Equal((OfferStatus.StageFull, 0), Offer(manager, "web", isBatch, 1, 1));
        manager.Complete(manager.GetBatch("s", 1));
        Assert.True((await Within.Reason(large)).IsAccepted);
        Assert.Equal((OfferStatus.Accepted, 2), Offer(manager, "web", isBatch, 1, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_oldest_record_is_dropped_only_for_one_that_is_then_accepted(bool isBatch)
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 3,
                MaxPerSource = 2,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        Offer(manager, "log", isBatch, 1);
        Offer(manager, "web", isBatch, 2, 3);
        Assert.Equal((OfferStatus.StageFull, 0), Offer(manager, "web", isBatch, 4)); // its own limit is reached
        Assert.Equal([1, 2, 3], manager.Peek("s", 9).Select(r => r.Record).Order());
        Assert.Equal((OfferStatus.Accepted, 1), Offer(manager, "log", isBatch, 5));
        Assert.Equal([2, 3, 5], manager.Peek("s", 9).Select(r => r.Record).Order());
        Assert.Equal((OfferStatus.Accepted, 1), Offer(manager, "web", isBatch, 6)); // the oldest is its own
        Assert.Equal([3, 5, 6], manager.Peek("s", 9).Select(r => r.Record).Order());
        Assert.Equal(2, manager.GetLedger()[LossReason.DroppedOldest]);
        AssertRoom(manager, 3, 14);
    }

    [Fact]
    public void A_stage_whose_records_are_all_leased_drops_none()
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        Offer(manager, "web", false, 1);
        manager.GetBatch("s", 1);
        Assert.Equal((OfferStatus.StageFull, 0), Offer(manager, "web", false, 2));
        AssertRoom(manager, 1, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_with_the_id_of_an_earlier_record_is_not_accepted_again(bool isBatch)
    {
        var manager = Make(new() { Stage = new() { Duplicates = new() } }, idOf: static r => r == 9 ? null : $"{r}");
        Assert.Equal(
            (isBatch ? OfferStatus.Duplicate : OfferStatus.Accepted, 4),
            Offer(manager, "web", isBatch, 1, 1, 2, 9, 9)
        );
        Assert.Equal([1, 2, 9, 9], manager.Peek("s", 9).Select(r => r.Record));
        Assert.Equal((OfferStatus.Duplicate, 0), Offer(manager, "log", isBatch, 2));
        Assert.Equal((2, 2), (manager.GetLedger()[LossReason.Duplicate], manager.GetLedger().Refused));
        var again = manager.BufferBatchForStage("s", "web", [1, 3, 2]);
        Assert.Equal((OfferStatus.Duplicate, 1, 3), (again.Status, again.Accepted, again.Consumed));
        Assert.False(again.CanRetry);
        AssertRoom(manager, 5, 24);
    }

    [Fact]
    public void A_duplicate_in_a_full_stage_is_consumed_and_the_rest_is_refused()
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { Duplicates = new() },
            },
            idOf: static r => $"{r}"
        );
        var result = manager.BufferBatchForStage("s", "web", [1, 2, 1, 3, 4]);
        Assert.Equal((OfferStatus.StageFull, 2, 3), (result.Status, result.Accepted, result.Consumed));
        Assert.Equal((1, 2), (manager.GetLedger()[LossReason.Duplicate], manager.GetLedger()[LossReason.StageFull]));
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_offer_uses_its_credit_before_any_other_room(bool isBatch)
    {
        var manager = Make(new() { MaxPerStage = 3 });
        var plain = new BufferManager<int>(new() { MaxPerStage = 3 }, new() { Clock = clock });
        foreach (var one in new[] { manager, plain })
        {
            Offer(one, "web", isBatch, 1);
            var grant = one.RequestCredits("s", "web", 2, TimeSpan.FromMinutes(1));
            Assert.Equal((OfferStatus.StageFull, 0), Offer(one, "web", isBatch, 2));
            var result = isBatch
                ? one.BufferBatchForStage("s", "web", [3], grant)
                : one.BufferForStage("s", "web", 3, grant);
            Assert.True(result.IsAccepted);
            Assert.Equal(1, one.GiveBackCredits(grant));
            Assert.Equal([1, 3], one.Peek("s", 9).Select(r => r.Record));
        }
        AssertRoom(manager, 2, 4);
    }

    [Fact]
    public void A_credit_is_used_even_where_there_is_room()
    {
        var manager = new BufferManager<int>(null, new() { Clock = clock });
        Offer(manager, "web", false, 1);
        var grant = manager.RequestCredits("s", "web", 2, TimeSpan.FromMinutes(1));
        Assert.True(manager.BufferForStage("s", "web", 3, grant).IsAccepted);
        Assert.Equal(1, manager.GiveBackCredits(grant));
        AssertRoom(manager, 2, 0);
    }

    [Fact]
    public void A_duplicate_is_consumed()
    {
        var manager = Make(new() { Stage = new() { Duplicates = new() } }, static r => $"{r}");
        Offer(manager, "web", false, 1);
        var again = manager.BufferForStage("s", "web", 1);
        Assert.Equal((OfferStatus.Duplicate, 0, 1), (again.Status, again.Accepted, again.Consumed));
    }

    [Fact]
    public void The_ids_of_accepted_records_are_written()
    {
        var store = new SlowStore();
        var manager = new BufferManager<int>(
            new() { Stage = new() { Duplicates = new() } },
            new()
            {
                Clock = clock,
                Store = store,
                IdOf = static r => r == 2 ? "" : $"id {r}",
            }
        );
        Offer(manager, "web", true, 1, 2, 3, 1);
        Assert.Equal(["id 1", "id 3"], store.Events.OfType<StageEvent<int>.Remembered>().Select(r => r.Id));
    }

    [Fact]
    public void A_refused_source_is_held_by_the_stage_until_its_next_record_is_accepted()
    {
        var manager = Make(new() { MaxPerStage = 10 });
        Offer(manager, "web", true, [.. Enumerable.Repeat(1, 10)]);
        Assert.Equal((OfferStatus.StageFull, 0), Offer(manager, "log", false, 1));
        Assert.NotEqual(BackpressureKind.None, manager.GetSignal("log").Kind);
        manager.Complete(manager.GetBatch("s", 1));
        Assert.Equal((OfferStatus.Accepted, 1), Offer(manager, "log", false, 1));
        var lease = manager.GetBatch("s", 10);
        manager.Complete(lease, [.. lease.Where(r => r.SourceId == "log").Select(r => r.Sequence)]);
        Assert.Equal(BackpressureKind.None, manager.GetSignal("log").Kind);
    }

    [Fact]
    public void A_source_that_its_own_limit_refused_is_not_held_by_the_stage()
    {
        var manager = Make(new() { MaxPerStage = 10, MaxPerSource = 9 });
        Offer(manager, "log", true, [.. Enumerable.Repeat(1, 9)]);
        manager.BufferBatchForStage("other", "web", [.. Enumerable.Repeat(1, 9)]);
        Assert.Equal((OfferStatus.SourceFull, 0), Offer(manager, "web", false, 1));
        manager.Complete(manager.GetBatch("other", 9));
        Assert.Equal(BackpressureKind.None, manager.GetSignal("web").Kind);
    }

    [Fact]
    public void Only_a_source_that_listens_and_may_try_again_is_noted_for_waking()
    {
        var manager = Make(new() { MaxPerStage = 1, MaxBytesPerStage = 5 });
        Offer(manager, "web", false, 1, 1, 9);
        Assert.True(manager.Parts.Refusals.IsEmpty);
        using var signals = manager.SubscribeSignals("web");
        Offer(manager, "web", false, 9);
        Assert.True(manager.Parts.Refusals.IsEmpty);
        Offer(manager, "web", false, 1);
        Assert.False(manager.Parts.Refusals.IsEmpty);
    }

    [Theory]
    [InlineData(9, 9)]
    [InlineData(1, 9)] // the limit of the source is reached, too
    [InlineData(9, 1)] // the limit of the manager is reached, too
    [InlineData(1, 1)]
    public async Task A_source_is_woken_once_there_is_a_record_that_may_be_dropped(int maxPerSource, int maxTotal)
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 1,
                MaxPerSource = maxPerSource,
                MaxTotalRecords = maxTotal,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        Offer(manager, "web", false, 1);
        var lease = manager.GetBatch("s", 1);
        using var signals = manager.SubscribeSignals("web");
        Offer(manager, "web", false, 2);
        while (signals.TryRead(out _)) { }
        var woken = signals.ReadAsync();
        Assert.False(woken.IsCompleted);
        manager.ReturnToBuffer(lease, "stopped", charge: false);
        Assert.NotNull(await Within.Reason(woken));
        Assert.Equal((OfferStatus.Accepted, 1), Offer(manager, "web", false, 2));
    }

    [Fact]
    public async Task A_source_at_its_limit_is_woken_once_its_own_record_is_the_next_to_be_dropped()
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 2,
                MaxPerSource = 1,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        Offer(manager, "web", false, 1);
        var lease = manager.GetBatch("s", 1);
        Offer(manager, "app", false, 2);
        using var signals = manager.SubscribeSignals("web");
        var refused = manager.BufferForStage("s", "web", 3);
        while (signals.TryRead(out _)) { }
        var woken = signals.ReadAsync();
        Assert.Equal((false, false), (refused.IsAccepted, woken.IsCompleted));
        manager.ReturnToBuffer(lease, "stopped", charge: false);
        Assert.NotNull(await Within.Reason(woken));
        Assert.True(manager.BufferForStage("s", "web", 3).IsAccepted);
        Assert.Equal([2, 3], manager.Peek("s", 9).Select(r => r.Record).Order());
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task An_offer_that_goes_on_without_waiting_counts_only_the_rest()
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        var id = new OfferId(Guid.NewGuid(), 1);
        int[] records = [1, 2, 3, 4];
        using var cancel = new CancellationTokenSource();
        var waits = manager.OfferOnceAsync("s", "web", records, id, cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Within.Reason(Task.WhenAny(waits.AsTask()));
        manager.ConfigureStage("s", new() { FullMode = FullMode.Reject });
        manager.Complete(manager.GetBatch("s", 1));
        var rest = await Within.Reason(manager.OfferOnceAsync("s", "web", records, id with { IsRepeat = true }));
        Assert.Equal([2, 3], manager.Peek("s", 9).Select(r => r.Record));
        Assert.Equal((OfferStatus.StageFull, 3), (rest.Status, rest.Accepted));
        AssertRoom(manager, 2, 5);
    }

    [Fact]
    public void A_budget_learns_how_many_records_of_a_batch_found_no_room()
    {
        var asked = 0;
        var allowance = new SourceAllowance("web", _ => asked++, clock);
        var manager = new BufferManager<int>(
            null,
            new()
            {
                Clock = clock,
                Allowances = new Dictionary<string, SourceAllowance> { ["web"] = allowance },
            }
        );
        manager.Parts.Allowances.Allow("web", new(5, 5, 0, 100), isExhausted: false, requestBelow: 2);
        Assert.Equal((OfferStatus.Accepted, 3), Offer(manager, "web", true, 1, 2, 3));
        Assert.Equal(0, asked);
        Assert.Equal((OfferStatus.Accepted, 1), Offer(manager, "web", false, 4));
        Assert.Equal((1, (0L, true)), (asked, allowance.TakeNeeds())); // less than two are left
        manager.Complete(manager.GetBatch("s", 2));
        manager.Parts.Allowances.Allow("web", new(4, 4, 0, 100), isExhausted: false, requestBelow: 0);
        Assert.Equal((OfferStatus.BudgetFull, 2), Offer(manager, "web", true, 1, 2, 3, 4, 5));
        Assert.Equal((3L, true), allowance.TakeNeeds());
        Assert.Equal(3, manager.GetLedger()[LossReason.BudgetFull]);
        AssertRoom(manager, 4, 0);
        Offer(manager, "log", true, 1, 2);
        Assert.Equal((0L, false), allowance.TakeNeeds());
    }

    [Fact]
    public async Task An_offer_waits_while_the_store_is_behind()
    {
        var store = new SlowStore();
        await using var manager = new BufferManager<int>(null, new() { Clock = clock, Store = store });
        manager.BufferForStage("s", "web", 1);
        store.IsBehind = true;
        var offers = new[]
        {
            Within.Thread(() => manager.BufferForStage("s", "web", 2)),
            Within.Thread(() => manager.BufferBatchForStage("s", "web", [3])),
        };
        await Within.Reason(store.WaitForOffers(2));
        Assert.All(offers, o => Assert.False(o.IsCompleted));
        Assert.Equal([1, 2, 3], manager.Peek("s", 9).Select(r => r.Record).Order());
        store.CatchUp();
        await Within.Reason(Task.WhenAll(offers));
    }

    BufferManager<int> Make(BufferSettings settings, Func<int, string?>? idOf = null) =>
        new(
            settings,
            new()
            {
                Clock = clock,
                SizeOf = static r => r,
                IdOf = idOf,
            }
        );

    static (OfferStatus Status, int Accepted) Offer(
        BufferManager<int> manager,
        string source,
        bool isBatch,
        params int[] records
    )
    {
        OfferResult[] results = isBatch
            ? [manager.BufferBatchForStage("s", source, records)]
            : [.. records.Select(r => manager.BufferForStage("s", source, r))];
        return (results[^1].Status, results.Sum(r => r.Accepted));
    }

    static void AssertRoom(BufferManager<int> manager, int records, long bytes)
    {
        var (global, stage) = (manager.Parts.Global, manager.Parts.Stages.GetOrAddStage("s").Pool);
        Assert.Equal((records, bytes), (global.Used, global.UsedBytes));
        Assert.Equal((records, bytes), (stage.Used, stage.UsedBytes));
        var sources = manager
            .GetSnapshot()
            .Sources.Select(s => manager.Parts.Sources.GetOrAddSource(s.Source).Pool)
            .ToArray();
        Assert.Equal((records, bytes), (sources.Sum(p => p.Used), sources.Sum(p => p.UsedBytes)));
        Assert.True(manager.GetSnapshot().IsConserved);
    }
}
