using Akka.Configuration;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Cluster.Budgets;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Testing;

namespace ConveyorActors.Cluster.Tests.Budgets;

/// <summary>The singleton alone on a journal: what it knows after a restart, and that an older one ends.</summary>
public sealed class BudgetSingletonTests : IAsyncDisposable
{
    const string Source = "web";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly SqliteDatabase database = new();
    readonly List<BudgetMetrics> measured = [];
    readonly ActorSystem system;
    readonly ConveyorSettings settings = new()
    {
        Cluster = new()
        {
            SourceBudgets = new Dictionary<string, int> { [Source] = 100 },
            GrantExpiry = TimeSpan.FromSeconds(1),
        },
        Journal = new() { DeleteAfter = TimeSpan.FromMilliseconds(200) },
    };

    public BudgetSingletonTests() =>
        system = ActorSystem.Create(
            "budgets",
            ConfigurationFactory
                .ParseString(
                    $"akka {{ loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off, actor.guardian-supervisor-strategy = \"Akka.Actor.StoppingSupervisorStrategy\" }}\n{database.Hocon}"
                )
                .WithFallback(BudgetSerializer.Bindings)
        );

    public async ValueTask DisposeAsync()
    {
        await system.Terminate();
        foreach (var metrics in measured)
            metrics.Dispose();
        database.Dispose();
    }

    [Fact]
    public async Task A_restarted_singleton_knows_every_grant_from_its_snapshot_and_later_events()
    {
        var first = Start("first");
        await ReportAsync(first, 1, new("kept", 60));
        // One pipeline comes and goes: each step is an event. A snapshot follows every 200 events, and the next one
        // after a while has what it replaces deleted.
        var step = 1L;
        await Until.TrueAsync(async () =>
        {
            for (var i = 0; i < 200; i++)
                await ReportAsync(first, ++step, new("busy", step % 2 == 0 ? 30 : 0, step));
            return database.Query("select count(*) from snapshot") > 0
                && database.Query("select count(*) from journal where deleted = 0") < step - 100;
        });
        await first.GracefulStop(Patience);

        var second = Start("second");
        var reply = await ReportAsync(second, 1, new("late", 100));
        Assert.Equal(40, Assert.Single(reply.Grants).Bound);
        Assert.Equal(2, reply.Epoch);
    }

    [Fact]
    public async Task An_older_singleton_cannot_grant_once_a_newer_one_has_begun()
    {
        var old = Start("old");
        await ReportAsync(old, 1, new("a", 10));
        var next = Start("next");
        Assert.Equal(90, Assert.Single((await ReportAsync(next, 1, new("b", 100))).Grants).Bound);
        var ended = old.WatchAsync();
        old.Tell(new BudgetReport(2, [new(new("c", Source), 1, 1, 0, 50, false)]), ActorRefs.NoSender);
        Assert.True(await ended.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_singleton_that_writes_over_a_deleted_event_of_a_newer_one_grants_nothing()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var old = Start("old", clock);
        await ReportAsync(old, 1, new("a", 10));
        var last = database.Query("select max(sequence_number) from journal");
        var next = Start("next");
        await ReportAsync(next, 1, new("b", 90));
        // What the newer one has deleted of its own events leaves the number free that the older one writes next.
        Assert.Equal(1, database.Execute($"delete from journal where sequence_number = {last + 1}"));
        Assert.True(database.Query("select max(sequence_number) from journal") > last + 1);
        clock.Advance(TimeSpan.FromSeconds(30));
        var ended = old.WatchAsync();
        using var patience = new CancellationTokenSource(Patience);
        var asking = old.Ask<BudgetReply>(
            new BudgetReport(2, [new(new("c", Source), 1, 1, 0, 50, false)]),
            patience.Token
        );
        Assert.True(await ended.WaitAsync(Patience));
        Assert.False(asking.IsCompletedSuccessfully);
        Assert.Equal(
            last + 1,
            database.Query($"select max(sequence_number) from journal where sequence_number <= {last + 1}")
        ); // it did write
    }

    readonly record struct Pipeline(string Name, long Wanted, long Version = 1);

    IActorRef Start(string name, TimeProvider? clock = null)
    {
        var metrics = new BudgetMetrics($"budgets-{Guid.NewGuid():N}", name, settings.Cluster.SourceBudgets);
        measured.Add(metrics);
        return system.ActorOf(
            BudgetSingleton.Props(settings, ActorRefs.Nobody, metrics, clock ?? TimeProvider.System),
            name
        );
    }

    /// <summary>Reports that a pipeline holds nothing and wants so much, and returns what it is granted.</summary>
    static Task<BudgetReply> ReportAsync(IActorRef singleton, long number, Pipeline pipeline) =>
        singleton.Ask<BudgetReply>(
            new BudgetReport(number, [new(new(pipeline.Name, Source), 1, pipeline.Version, 0, pipeline.Wanted, false)]),
            Patience
        );
}
