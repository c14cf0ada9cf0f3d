using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Ids never repeat, and whoever comes with an old one changes nothing.</summary>
public sealed class IdentityTests
{
    const string Stage = "s",
        Source = "src";
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    readonly FakeClock clock = new();

    BufferManager<string> Manager(StageSettings? stage = null, Func<string, string?>? idOf = null) =>
        new(new() { Stage = stage ?? new() { Backoff = BackoffSettings.None } }, new() { Clock = clock, IdOf = idOf });

    public static TheoryData<string, Func<BufferManager<string>, Lease<string>, SettleResult>> Ways =>
        new()
        {
            { "complete", (m, l) => m.Complete(l) },
            { "complete some", (m, l) => m.Complete(l, [1]) },
            { "return", (m, l) => m.ReturnToBuffer(l, "late") },
            { "return uncharged", (m, l) => m.ReturnToBuffer(l, "late", charge: false) },
            { "return records", (m, l) => m.ReturnToBuffer(Stage, l) },
            { "dead-letter", (m, l) => m.DeadLetter(l, null, "late") },
            { "renew", (m, l) => m.Renew(l) },
            { "abandon", (m, l) => m.Abandon(l, "late") },
            { "hop", (m, l) => m.Hop(l, null, "next", new[] { "result" }) },
        };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_lease_of_a_stage_that_was_removed_since_settles_nothing(
        string way,
        Func<BufferManager<string>, Lease<string>, SettleResult> settle
    )
    {
        await using var manager = Manager();
        manager.BufferForStage(Stage, Source, "old");
        var late = manager.GetBatch(Stage, 1);
        clock.Advance(TimeSpan.FromSeconds(31));
        manager.Complete(manager.GetBatch(Stage, 1));
        clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Empty(manager.GetSnapshot().Stages);
        manager.BufferForStage(Stage, Source, "new");
        var holder = manager.GetBatch(Stage, 1);
        Assert.Equal(2, holder[0].Sequence);
        AssertRefused(way, settle(manager, late));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), manager.Complete(holder));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_lease_that_expired_does_not_settle_what_another_consumer_holds(
        string way,
        Func<BufferManager<string>, Lease<string>, SettleResult> settle
    )
    {
        await using var manager = Manager();
        manager.BufferBatchForStage(Stage, Source, ["a", "b"]);
        var late = manager.GetBatch(Stage, 2);
        clock.Advance(TimeSpan.FromSeconds(31)); // none of two records is charged: the retry counts are the same
        var holder = manager.GetBatch(Stage, 1);
        AssertRefused(way, settle(manager, late));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), manager.Complete(holder));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_lease_of_one_manager_settles_nothing_of_another(
        string way,
        Func<BufferManager<string>, Lease<string>, SettleResult> settle
    )
    {
        await using var one = Manager();
        await using var other = Manager();
        one.BufferForStage(Stage, Source, "one");
        other.BufferForStage(Stage, Source, "other");
        var (lease, holder) = (one.GetBatch(Stage, 1), other.GetBatch(Stage, 1));
        AssertRefused(way, settle(other, lease));
        Assert.Equal((1, 1), (other.Complete(holder).Settled, one.Complete(lease).Settled));
    }

    [Fact]
    public async Task An_expired_grant_returns_nothing_of_another_grant()
    {
        await using var manager = Manager();
        var old = manager.RequestCredits(Stage, Source, 5, Minute);
        clock.Advance(TimeSpan.FromMinutes(20));
        var grant = manager.RequestCredits(Stage, Source, 7, Minute);
        Assert.NotEqual(old.Id, grant.Id);
        Assert.Equal((0, 7), (manager.GiveBackCredits(old), manager.GiveBackCredits(grant)));
    }

    [Fact]
    public async Task A_record_created_by_the_caller_is_returned_if_its_retry_count_matches()
    {
        await using var manager = Manager();
        manager.BufferForStage(Stage, Source, "r");
        var lease = manager.GetBatch(Stage, 1);
        var made = new BufferedRecord<string>(
            "r",
            Source,
            manager.PipelineId,
            Stage,
            Sequence: lease[0].Sequence,
            RetryCount: 1
        );
        Assert.Equal(SettleStatus.UnknownLease, manager.ReturnToBuffer(Stage, [made]).Status);
        Assert.Equal(
            new SettleResult(SettleStatus.Ok, 1),
            manager.ReturnToBuffer(Stage, [made with { RetryCount = 0 }])
        );
    }

    [Fact]
    public async Task Ids_are_exact_even_if_numbers_are_doubles()
    {
        const long Exact = 1L << 53; // JSON, as JavaScript reads it
        await using var manager = Manager();
        manager.BufferForStage(Stage, Source, "r");
        Assert.InRange(manager.GetBatch(Stage, 1).Id, 1, Exact - 1);
        Assert.InRange(manager.RequestCredits(Stage, Source, 1, Minute).Id, 1, Exact - 1);
    }

    [Fact]
    public async Task A_duplicate_window_outlives_the_idle_time()
    {
        await using var manager = Manager(
            new() { Duplicates = new() { Time = TimeSpan.FromMinutes(10) } },
            static s => s
        );
        manager.BufferForStage(Stage, Source, "x");
        manager.Complete(manager.GetBatch(Stage, 1));
        clock.Advance(TimeSpan.FromMinutes(7));
        Assert.Equal(OfferStatus.Duplicate, manager.BufferForStage(Stage, Source, "x").Status);
        clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Empty(manager.GetSnapshot().Stages); // once the window is over, nothing stands on the stage
        Assert.Equal(OfferStatus.Accepted, manager.BufferForStage(Stage, Source, "x").Status);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Settling_creates_no_stage(
        string way,
        Func<BufferManager<string>, Lease<string>, SettleResult> settle
    )
    {
        await using var one = Manager();
        await using var other = Manager();
        one.BufferForStage(Stage, Source, "one");
        AssertRefused(way, settle(other, one.GetBatch(Stage, 1)));
        Assert.Equal(0, other.PurgeDeadLetters(Stage));
        Assert.Empty(other.GetSnapshot().Stages);
    }

    [Fact]
    public async Task A_query_about_a_pipeline_does_not_create_one()
    {
        await using var service = new EmbeddedBufferService(clock);
        const string Pipeline = "nobody";
        Assert.Equal(
            (Pipeline, 0L),
            (
                (await service.GetSnapshotAsync(Pipeline)).Pipeline,
                (await service.GetSnapshotAsync(Pipeline)).Total.Offered
            )
        );
        Assert.False((await service.GetSignalAsync(Pipeline, Source)).IsHeld);
        Assert.False(await service.ShouldBackpressureAsync(Pipeline, Source));
        Assert.Empty(await service.ExplainAsync(Pipeline, Source));
        Assert.Empty(await service.PeekAsync(Pipeline, Stage, 10));
        Assert.Empty(await service.GetDeadLettersAsync(Pipeline, Stage, 10));
        Assert.Empty(await service.GetStagesWithDataAsync(Pipeline));
        Assert.Equal(0, await service.GetStageUtilizationAsync(Pipeline, Stage));
        Assert.Equal(0, await service.GetGlobalUtilizationAsync(Pipeline));
        Assert.Equal(5_000, await service.AvailableCreditsAsync(Pipeline, Stage, Source));
        Assert.Equal(0, await service.ReplayDeadLettersAsync(Pipeline, Stage));
        Assert.Equal(0, await service.PurgeDeadLettersAsync(Pipeline, Stage));
        Assert.Empty((await service.PlanLimitsAsync(Pipeline, new())).Rows);
        Assert.Equal(SettleStatus.UnknownLease, (await service.CompleteAsync(Pipeline, Stage, 1)).Status);
        Assert.Equal(SettleStatus.UnknownLease, (await service.AbandonAsync(Pipeline, Stage, 1, "none")).Status);
        Assert.Empty(await service.GetPipelinesAsync());
        await service.BufferForStageAsync(Pipeline, Stage, Source, new("r", new byte[1]));
        Assert.Equal([Pipeline], await service.GetPipelinesAsync());
    }

    static void AssertRefused(string way, SettleResult result)
    {
        Assert.True(result.Status is SettleStatus.LeaseExpired or SettleStatus.UnknownLease, $"{way}: {result}");
        Assert.Equal((0, 0), (result.Settled, result.DeadLettered));
    }

    [Fact]
    public async Task A_manager_that_replaces_another_continues_its_sequences()
    {
        await using var manager = new BufferManager<int>(null, new() { LastSequence = 41 });
        manager.BufferForStage("parse", "web", 1);
        Assert.Equal(42, Assert.Single(manager.GetBatch("parse", 1)).Sequence);
    }
}
