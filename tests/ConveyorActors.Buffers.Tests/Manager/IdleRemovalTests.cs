using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

public sealed class IdleRemovalTests : IAsyncLifetime
{
    static readonly BufferSettings Settings = new()
    {
        IdleAfter = TimeSpan.FromMinutes(5),
        MaxTotalRecords = 4,
        Stage = new() { Backoff = BackoffSettings.None },
    };

    readonly FakeClock clock = new();
    BufferManager<int> manager = null!;

    public Task InitializeAsync()
    {
        manager = new(Settings, new() { Clock = clock });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await manager.DisposeAsync();

    [Fact]
    public void Idle_and_empty_stages_and_sources_are_removed_and_the_totals_keep_their_numbers()
    {
        Pass("parse", "web", 3);
        Pass("store", "log", 2);
        Idle();
        var after = manager.GetSnapshot();
        Assert.Empty(after.Stages);
        Assert.Empty(after.Sources);
        Assert.Equal((5, 5, 5), (after.Total.Offered, after.Total.Accepted, after.Total.Completed));
        Assert.True(after.IsConserved);
    }

    [Fact]
    public void The_ledger_keeps_the_losses_of_removed_queues()
    {
        for (var i = 0; i < 6; i++)
            manager.BufferForStage("parse", "web", i);
        manager.Complete(manager.GetBatch("parse", 10));
        Idle();
        Assert.Empty(manager.GetSnapshot().Stages);
        Assert.Equal(2, manager.GetLedger()[LossReason.GlobalFull]);
        Assert.Equal(2, manager.GetSnapshot().Losses.Sum(l => l.Count));
    }

    [Fact]
    public void A_removed_stage_and_source_return_on_use_under_their_names()
    {
        // The same string instances, so that the cache of recent names is what answers.
        const string Stage = "parse",
            Source = "web";
        for (var round = 1; round <= 4; round++)
        {
            Pass(Stage, Source, 3);
            var now = manager.GetSnapshot();
            Assert.Equal([Stage], now.Stages.Select(s => s.Stage));
            Assert.Equal([Source], now.Sources.Select(s => s.Source));
            Assert.Equal(3 * round, now.Total.Completed);
            Assert.True(now.IsConserved);
            Idle();
            Assert.Empty(manager.GetSnapshot().Stages);
        }
    }

    [Fact]
    public void A_subscription_keeps_its_source_and_is_notified_after_its_stage_is_removed()
    {
        using var subscription = manager.SubscribeSignals("web");
        Pass("parse", "web", 1);
        Idle();
        Assert.Equal(["web"], manager.GetSnapshot().Sources.Select(s => s.Source));
        for (var i = 0; i < 4; i++)
            manager.BufferForStage("parse", "web", i);
        var last = BackpressureSignal.None;
        while (subscription.TryRead(out var next))
            last = next;
        Assert.Equal(BackpressureKind.Pause, last.Kind);
    }

    [Fact]
    public void Querying_numbers_keeps_nothing_alive()
    {
        Pass("parse", "web", 1);
        for (var minute = 0; minute < 12; minute++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            _ = manager.GetSnapshot();
            _ = manager.Peek("parse", 10);
            _ = manager.GetDeadLetters("parse");
        }
        Assert.Empty(manager.GetSnapshot().Stages);
        Assert.Empty(manager.GetSnapshot().Sources);
    }

    [Fact]
    public void A_waiting_stage_or_source_is_never_idle()
    {
        manager.BufferForStage("parse", "web", 1);
        var lease = manager.GetBatch("parse", new BatchRequest(1) { Timeout = TimeSpan.FromDays(1) });
        manager.RequestCredits("store", "log", 1, TimeSpan.FromDays(1));
        Idle();
        Assert.Equal(["parse", "store"], manager.GetSnapshot().Stages.Select(s => s.Stage));
        Assert.Equal(["log", "web"], manager.GetSnapshot().Sources.Select(s => s.Source));
        Assert.True(manager.Complete(lease).IsOk);
    }

    [Fact]
    public async Task A_waiting_consumer_keeps_its_stage()
    {
        var waiting = manager.GetBatchAsync("parse", 1);
        Idle();
        manager.BufferForStage("parse", "web", 7);
        Assert.Equal(7, (await Within.Reason(waiting)).GetRecord(0));
    }

    [Fact]
    public async Task An_offer_that_waits_for_the_room_of_the_manager_outlives_the_idle_time()
    {
        await manager.DisposeAsync();
        manager = new(Settings with { Stage = new() { FullMode = FullMode.Wait } }, new() { Clock = clock });
        for (var i = 0; i < 4; i++)
            manager.BufferForStage("store", "log", i);
        var waiting = manager.BufferForStageAsync("parse", "web", 7);
        Idle();
        Assert.False(waiting.IsCompleted);
        var lease = manager.GetBatch("store", 4);
        manager.Complete(lease);
        Assert.Equal(OfferStatus.Accepted, (await Within.Reason(waiting)).Status);
        Assert.Equal(7, manager.GetBatch("parse", 1).GetRecord(0));
    }

    [Fact]
    public async Task Records_offered_while_an_older_offer_of_the_same_source_waits_stay()
    {
        await manager.DisposeAsync();
        manager = new(Settings with { Stage = new() { FullMode = FullMode.Wait } }, new() { Clock = clock });
        for (var i = 0; i < 4; i++)
            manager.BufferForStage("store", "log", i);
        var waiting = manager.BufferForStageAsync("parse", "web", 1);
        Idle();
        var second = manager.BufferForStageAsync("parse", "web", 2);
        manager.Complete(manager.GetBatch("store", 1));
        Assert.Equal(OfferStatus.Accepted, (await Within.Reason(waiting)).Status);
        manager.Complete(manager.GetBatch("store", 1));
        Assert.Equal(OfferStatus.Accepted, (await Within.Reason(second)).Status);
        Assert.Equal([1, 2], manager.GetBatch("parse", 5).Select(r => r.Record));
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task A_source_refused_at_a_calm_stage_is_removed()
    {
        manager.ConfigureStage("parse", new() { FullMode = FullMode.Wait });
        for (var i = 0; i < 4; i++)
            manager.BufferForStage("store", "log", i);
        using var gone = new CancellationTokenSource();
        var waiting = manager.BufferForStageAsync("parse", "web", 1, cancellationToken: gone.Token);
        // those who wait come first
        Assert.Equal(OfferStatus.GlobalFull, manager.BufferForStage("parse", "late", 2).Status);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(waiting));
        manager.Complete(manager.GetBatch("store", 4));
        Idle();
        Assert.Empty(manager.GetSnapshot().Sources);
    }

    void Pass(string stage, string source, int records)
    {
        for (var i = 0; i < records; i++)
            Assert.True(manager.BufferForStage(stage, source, i).IsAccepted);
        Assert.Equal(records, manager.Complete(manager.GetBatch(stage, records)).Settled);
    }

    void Idle()
    {
        for (var minute = 0; minute < 12; minute++)
            clock.Advance(TimeSpan.FromMinutes(1));
    }
}
