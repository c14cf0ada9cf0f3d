using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>What keeps a stage and a source that are idle, and what does not.</summary>
public sealed class IdleTableTests
{
    const string Stage = "s",
        Source = "src";
    static readonly TimeSpan Day = TimeSpan.FromDays(1),
        Minute = TimeSpan.FromMinutes(1);

    /// <summary>Whether the stage and the source are kept, and what was done with them before.</summary>
    sealed record Row(bool Stage, bool Source, Func<World, Task> Before);

    sealed class World(BufferManager<string> manager, FakeClock clock) : IAsyncDisposable
    {
        public BufferManager<string> Manager => manager;

        public FakeClock Clock => clock;

        public CancellationTokenSource Waits { get; } = new();

        public void Offer(string record = "r") => Assert.True(manager.BufferForStage(Stage, Source, record).IsAccepted);

        public Lease<string> Lease(TimeSpan? timeout = null) =>
            manager.GetBatch(Stage, new BatchRequest(1) { Timeout = timeout });

        public async ValueTask DisposeAsync()
        {
            await Waits.CancelAsync();
            await manager.DisposeAsync();
        }
    }

    static readonly Dictionary<string, Row> Rows = new()
    {
        ["a record that waits"] = new(true, true, Do(w => w.Offer())),
        ["a record that is completed"] = new(
            false,
            false,
            Do(w =>
            {
                w.Offer();
                w.Manager.Complete(w.Lease());
            })
        ),
        ["a record that is dropped"] = new(
            false,
            false,
            Do(w =>
            {
                w.Manager.ConfigureStage("other", new());
                w.Offer();
                w.Manager.DeadLetter(w.Lease(), null, "bad");
                w.Manager.PurgeDeadLetters(Stage);
            })
        ),
        ["a lease that is out"] = new(
            true,
            true,
            Do(w =>
            {
                w.Offer();
                w.Lease(Day);
            })
        ),
        ["a lease that lasts for ever"] = new(
            true,
            true,
            Do(w =>
            {
                w.Offer();
                w.Lease(Timeout.InfiniteTimeSpan);
            })
        ),
        ["a lease that has expired"] = new(
            false,
            false,
            Do(w =>
            {
                w.Offer();
                w.Lease(Minute);
                w.Clock.Advance(Minute * 2);
                w.Manager.Complete(w.Lease());
            })
        ),
        ["a dead letter"] = new(
            true,
            false,
            Do(w =>
            {
                w.Offer();
                w.Manager.DeadLetter(w.Lease(), null, "bad");
            })
        ),
        ["a duplicate window"] = new(
            true,
            false,
            Do(w =>
            {
                w.Manager.ChangeLimits(new() { Stage = new() { Duplicates = new() { Time = Day } } });
                w.Offer();
                w.Manager.Complete(w.Lease());
            })
        ),
        ["a duplicate window that is over"] = new(
            false,
            false,
            Do(w =>
            {
                w.Manager.ChangeLimits(new() { Stage = new() { Duplicates = new() { Time = Minute } } });
                w.Offer();
                w.Manager.Complete(w.Lease());
            })
        ),
        ["credits that are unspent"] = new(true, true, Do(w => w.Manager.RequestCredits(Stage, Source, 1, Day))),
        ["credits that are given back"] = new(
            false,
            false,
            Do(w => w.Manager.GiveBackCredits(w.Manager.RequestCredits(Stage, Source, 1, Day)))
        ),
        ["credits that have expired"] = new(false, false, Do(w => w.Manager.RequestCredits(Stage, Source, 1, Minute))),
        ["a subscription"] = new(false, true, Do(w => w.Manager.SubscribeSignals(Source))),
        ["a subscription that has ended"] = new(false, false, Do(w => w.Manager.SubscribeSignals(Source).Dispose())),
        ["settings of its own"] = new(true, false, Do(w => w.Manager.ConfigureStage(Stage, new() { MaxRetries = 7 }))),
        ["a consumer that waits"] = new(
            true,
            false,
            Do(w => _ = w.Manager.GetBatchAsync(Stage, 1, w.Waits.Token).AsTask())
        ),
        ["a consumer that waits no more"] = new(
            false,
            false,
            async w =>
            {
                var waiting = w.Manager.GetBatchAsync(Stage, 1, w.Waits.Token).AsTask();
                await w.Waits.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                    waiting.WaitAsync(TimeSpan.FromSeconds(10))
                );
            }
        ),
        ["an offer that waits"] = new(
            true,
            true,
            Do(w =>
                Fill(
                    w,
                    () =>
                        _ = w.Manager.BufferForStageAsync(Stage, Source, "r", cancellationToken: w.Waits.Token).AsTask()
                )
            )
        ),
        ["credits that are waited for"] = new(
            true,
            true,
            Do(w => Fill(w, () => _ = w.Manager.WaitForCreditsAsync(Stage, Source, 1, Day, 0, w.Waits.Token).AsTask()))
        ),
        ["a refusal at a stage that is still full"] = new(true, true, Do(w => Refuse(w))),
        ["a refusal at a stage with room again"] = new(
            false,
            false,
            Do(w =>
            {
                Refuse(w);
                w.Manager.Complete(w.Lease());
            })
        ),
        ["a checkpoint"] = new(false, false, Do(w => w.Manager.SetCheckpoint(new("key", "value")))),
        ["a lease asked for where nothing is"] = new(false, false, Do(w => Assert.Empty(w.Lease()))),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_idle_stage_or_source_is_kept_while_something_depends_on_it(string name)
    {
        await using var world = NewWorld();
        await Rows[name].Before(world);
        for (var minute = 0; minute < 20; minute++)
            world.Clock.Advance(Minute);
        var snapshot = world.Manager.GetSnapshot();
        Assert.Equal(
            (Rows[name].Stage, Rows[name].Source),
            (snapshot.Stages.Any(s => s.Stage == Stage), snapshot.Sources.Any(s => s.Source == Source))
        );
        Assert.True(snapshot.IsConserved);
        if (name == "a checkpoint")
            Assert.Equal("value", world.Manager.GetCheckpoint("key"));
    }

    [Fact]
    public async Task Queries_and_leases_without_a_wait_create_no_stage_and_no_source()
    {
        await using var world = NewWorld();
        var manager = world.Manager;
        Assert.Equal(
            (0, 0),
            (manager.GetBatch(Stage, 1).Count, manager.GetBatch(Stage, new BatchRequest(5) { HeldLease = 77 }).Count)
        );
        Assert.False(manager.ShouldBackpressure(Source) || manager.GetSignal(Source).IsHeld);
        Assert.Equal(
            (5_000L, 5_000L, 0.0),
            (
                manager.AvailableCredits(Source),
                manager.AvailableCredits(Stage, Source),
                manager.GetStageUtilization(Stage)
            )
        );
        Assert.Empty(manager.Explain(Source));
        Assert.Empty(manager.Peek(Stage, 1));
        Assert.Empty(manager.GetDeadLetters(Stage));
        Assert.Equal((0, 0), (manager.ReplayDeadLetters(Stage), manager.PurgeDeadLetters(Stage)));
        Assert.Empty(manager.PlanLimits(new() { MaxPerStage = 1 }).Rows);
        Assert.Null(manager.GetPosition(Source));
        Assert.Empty(manager.GetSnapshot().Stages);
        Assert.Empty(manager.GetSnapshot().Sources);
    }

    [Fact]
    public async Task Leasing_from_a_missing_pipeline_does_not_create_one()
    {
        await using var service = new EmbeddedBufferService(new FakeClock());
        Assert.Equal(0, (await service.GetBatchAsync("p", Stage, new BatchRequest(1))).Count);
        Assert.Empty(await service.GetPipelinesAsync());
    }

    static World NewWorld()
    {
        var clock = new FakeClock();
        return new(
            new BufferManager<string>(
                new() { Stage = new() { Backoff = BackoffSettings.None } },
                new() { Clock = clock, IdOf = static s => s }
            ),
            clock
        );
    }

    static Func<World, Task> Do(Action<World> act) =>
        w =>
        {
            act(w);
            return Task.CompletedTask;
        };

    /// <summary>Another stage takes all of the manager's room, so that whatever comes now waits.</summary>
    static void Fill(World w, Action thenWait)
    {
        w.Manager.ChangeLimits(
            new()
            {
                MaxTotalRecords = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        Assert.True(w.Manager.BufferForStage("other", "another", "x").IsAccepted);
        thenWait();
    }

    static void Refuse(World w)
    {
        w.Manager.ChangeLimits(new() { MaxPerStage = 1 });
        Assert.True(w.Manager.BufferForStage(Stage, "another", "x").IsAccepted);
        Assert.Equal(OfferStatus.StageFull, w.Manager.BufferForStage(Stage, Source, "r").Status);
    }
}
