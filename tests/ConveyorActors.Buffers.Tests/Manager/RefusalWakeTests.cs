using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// A refusal that can end is followed by a signal once it has ended, whether the signal changes or not; a source that
/// reads never sleeps for ever, nor spins.
/// </summary>
public sealed class RefusalWakeTests
{
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    readonly FakeClock clock = new();

    public enum Limit
    {
        StageRecords,
        StageBytes,
        SourceRecords,
        SourceBytes,
        ManagerRecords,
        ManagerBytes,
    }

    public enum Asking
    {
        Record,
        Batch,
        Async,
        Credits,
    }

    public static TheoryData<Limit, Asking> Refusals()
    {
        var all = new TheoryData<Limit, Asking>();
        foreach (var limit in Enum.GetValues<Limit>())
        foreach (var asking in Enum.GetValues<Asking>())
            all.Add(limit, asking);
        return all;
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refused_source_is_woken_when_there_is_room(Limit limit, Asking asking)
    {
        // the signal stays None below nine tenths
        var settings = new BufferSettings { BackpressureThreshold = 1, LowWatermark = 0.9 };
        var manager = new BufferManager<byte[]>(
            limit switch
            {
                Limit.StageRecords => settings with { MaxPerStage = 2 },
                Limit.StageBytes => settings with { MaxBytesPerStage = 1_000 },
                Limit.SourceRecords => settings with { MaxPerSource = 2 },
                Limit.SourceBytes => settings with { MaxBytesPerSource = 1_000 },
                Limit.ManagerRecords => settings with { MaxTotalRecords = 2 },
                _ => settings with { MaxTotalBytes = 1_000 },
            },
            new() { Clock = clock, SizeOf = r => r.Length }
        );
        var isBytes = limit is Limit.StageBytes or Limit.SourceBytes or Limit.ManagerBytes;
        var (stage, source) = (
            limit is Limit.StageRecords or Limit.StageBytes ? "s" : "other",
            limit is Limit.SourceRecords or Limit.SourceBytes ? "k" : "x"
        );
        using var signals = manager.SubscribeSignals("k");
        for (var i = 0; i < (isBytes ? 1 : 2); i++)
            Assert.True(manager.BufferForStage(stage, source, new byte[550]).IsAccepted);
        Assert.False(Accepted());
        while (signals.TryRead(out _)) { }
        var reads = signals.ReadAsync();
        Assert.False(reads.IsCompleted);
        manager.Complete(manager.GetBatch(stage, 1));
        Assert.NotNull(await Within.Reason(reads));
        Assert.True(Accepted());
        while (signals.TryRead(out _)) { }
        manager.Complete(manager.GetBatch("s", 1));
        Assert.True(
            signals.TryRead(out _) is var changed && (!changed || manager.GetSignal("k").Kind == BackpressureKind.None)
        ); // woken once for each refusal

        bool Accepted() =>
            asking switch
            {
                Asking.Record => manager.BufferForStage("s", "k", new byte[550]).IsAccepted,
                Asking.Batch => manager.BufferBatchForStage("s", "k", [new byte[550]]).IsAccepted,
                Asking.Async => manager.BufferForStageAsync("s", "k", new byte[550]).Result.IsAccepted,
                _ => manager.RequestCredits("s", "k", 1, Minute, 550).Records > 0,
            };
    }

    [Theory]
    [InlineData("given back")]
    [InlineData("expired")]
    [InlineData("a larger limit")]
    [InlineData("a waiter that gave up")]
    [InlineData("a lease that was dead-lettered")]
    public async Task Room_from_any_origin_wakes_a_refused_source(string from)
    {
        var manager = new BufferManager<byte[]>(
            new()
            {
                MaxBytesPerStage = 1_000,
                Stage = new() { FullMode = FullMode.Wait },
            },
            new() { Clock = clock, SizeOf = r => r.Length }
        );
        using var signals = manager.SubscribeSignals("k");
        using var giveUp = new CancellationTokenSource();
        CreditGrant? grant = null;
        if (from is "given back" or "expired")
            grant = manager.RequestCredits("s", "x", 1, Minute, 500);
        else
            manager.BufferForStage("s", "x", new byte[500]);
        var waits =
            from == "a waiter that gave up"
                ? manager.BufferForStageAsync("s", "x", new byte[900], cancellationToken: giveUp.Token).AsTask()
                : null;
        var size = waits is null ? 600 : 100;
        Assert.Equal(OfferStatus.StageFull, manager.BufferForStage("s", "k", new byte[size]).Status);
        while (signals.TryRead(out _)) { }
        var reads = signals.ReadAsync();
        switch (from)
        {
            case "given back":
                manager.GiveBackCredits(grant!);
                break;
            case "expired":
                clock.Advance(Minute);
                break;
            case "a larger limit":
                manager.ChangeLimits(manager.Settings with { MaxBytesPerStage = 2_000 });
                break;
            case "a waiter that gave up":
                await giveUp.CancelAsync();
                break;
            default:
                manager.DeadLetter(manager.GetBatch("s", 1), null, "no good");
                break;
        }
        Assert.NotNull(await Within.Reason(reads));
        Assert.True(manager.BufferForStage("s", "k", new byte[size]).IsAccepted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_can_write_again_wakes_refused_callers(bool waitsForCredits)
    {
        var store = new FailingStore();
        var manager = new BufferManager<byte[]>(null, new() { Clock = clock, Store = store });
        using var signals = manager.SubscribeSignals("k");
        Assert.NotNull(await Within.Reason(signals.ReadAsync()));
        store.IsFailing = true;
        Task waits;
        if (waitsForCredits)
            waits = manager.WaitForCreditsAsync("s", "k", 1, Minute).AsTask();
        else
        {
            Assert.Equal(OfferStatus.StoreFailing, manager.BufferForStage("s", "k", []).Status);
            waits = signals.ReadAsync().AsTask();
        }
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.False(waits.IsCompleted);
        store.IsFailing = false;
        clock.Advance(TimeSpan.FromSeconds(1));
        await Within.Reason(waits);
        Assert.True(manager.BufferForStage("s", "k", []).IsAccepted);
    }

    [Fact]
    public async Task A_source_that_reads_after_each_refusal_neither_sleeps_nor_spins()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 3 }, new() { Clock = clock });
        var (refused, sources, each) = (0, 4, 200);
        var offering = Enumerable
            .Range(0, sources)
            .Select(s =>
                Task.Run(async () =>
                {
                    using var signals = manager.SubscribeSignals($"{s}");
                    for (var i = 0; i < each; i++)
                    {
                        while (manager.BufferForStage("s", $"{s}", i).CanRetry)
                        {
                            Interlocked.Increment(ref refused);
                            if (await signals.ReadAsync() is null)
                                return;
                        }
                    }
                })
            )
            .ToArray();
        for (var taken = 0; taken < sources * each; )
        {
            var lease = await Within.Reason(manager.GetBatchAsync("s", 1));
            taken += manager.Complete(lease).Settled;
        }
        await Within.Reason(Task.WhenAll(offering));
        Assert.True(refused < sources * each * 20, $"{refused} refusals"); // a few for each record that made room
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(3)]
    public async Task A_source_that_waits_for_a_drop_neither_sleeps_nor_spins(int maxTotal)
    {
        var settings = new BufferSettings
        {
            MaxPerStage = 3,
            MaxPerSource = 3,
            MaxTotalRecords = maxTotal,
            Stage = new() { FullMode = FullMode.DropOldest, Backoff = BackoffSettings.None },
        };
        var manager = new BufferManager<int>(settings, new() { Clock = clock });
        var (refused, sources, each, returned) = (0, 4, 100, 0);
        using var stop = new CancellationTokenSource();
        var offering = Enumerable.Range(0, sources).Select(s => Task.Run(() => OfferAllAsync($"{s}"))).ToArray();
        var returning = Task.Run(() =>
        {
            // No record is completed, so that only a drop makes room.
            for (; !stop.IsCancellationRequested; returned++)
                manager.ReturnToBuffer(manager.GetBatch("s", 9), "busy", charge: false);
        });
        await Within.Reason(Task.WhenAll(offering));
        await stop.CancelAsync();
        await Within.Reason(returning);
        Assert.True(refused < (returned + sources * each) * 20, $"{refused} refusals, {returned} returns");
        Assert.True(manager.GetSnapshot().IsConserved);

        async Task OfferAllAsync(string source)
        {
            using var signals = manager.SubscribeSignals(source);
            for (var i = 0; i < each; i++)
                while (manager.BufferForStage("s", source, i).CanRetry)
                {
                    Interlocked.Increment(ref refused);
                    await signals.ReadAsync();
                }
        }
    }

    [Fact]
    public async Task A_refused_source_is_notified_of_a_stop()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 1 }, new() { Clock = clock });
        using var signals = manager.SubscribeSignals("k");
        manager.BufferForStage("s", "x", 1);
        Assert.True(manager.BufferForStage("s", "k", 1).CanRetry);
        await Within.Reason(manager.StopAsync(TimeSpan.Zero));
        while (signals.TryRead(out _)) { }
        Assert.Null(await Within.Reason(signals.ReadAsync()));
        Assert.False(manager.BufferForStage("s", "k", 1).CanRetry);
    }

    [Theory]
    [InlineData(OfferStatus.Accepted, false)]
    [InlineData(OfferStatus.StageFull, true)]
    [InlineData(OfferStatus.SourceFull, true)]
    [InlineData(OfferStatus.GlobalFull, true)]
    [InlineData(OfferStatus.StoreFailing, true)]
    [InlineData(OfferStatus.TooLarge, false)]
    [InlineData(OfferStatus.Duplicate, false)]
    [InlineData(OfferStatus.Draining, false)]
    [InlineData(OfferStatus.Dropped, false)]
    public void Only_temporarily_refused_records_are_offered_again(OfferStatus status, bool canRetry) =>
        Assert.Equal(canRetry, new OfferResult(status, 0, 0, 0, default, 0).CanRetry);

    sealed class FailingStore : IBufferStore<byte[]>
    {
        public bool IsFailing { get; set; }

        public bool IsBehind => false;

        public PipelineImage<byte[]> Open(DateTimeOffset zero) =>
            new([], new Dictionary<string, string>(), new Dictionary<string, SourcePosition>());

        public IReadOnlyList<StoredRecord<byte[]>> Read(
            string stage,
            IReadOnlyDictionary<string, (long After, int Max)>? wanted,
            long after,
            out long reached
        )
        {
            reached = long.MaxValue;
            return [];
        }

        public void Append(ReadOnlySpan<StoreEntry<byte[]>> unit) { }

        public Task<bool> FlushAsync() => Task.FromResult(!IsFailing);

        public Task CatchUpAsync() => Task.CompletedTask;
    }
}
