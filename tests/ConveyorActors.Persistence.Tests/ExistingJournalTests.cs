using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using ConveyorActors.Actors;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

/// <summary>A journal that the user's own actors use, too.</summary>
public sealed class ExistingJournalTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    sealed class Greeter : ReceivePersistentActor
    {
        public Greeter()
        {
            Recover<string>(_ => { });
            Command<string>(text =>
            {
                var sender = Sender;
                Persist(text, _ => sender.Tell("written"));
            });
        }

        public override string PersistenceId => "greeter";
    }

    [Fact]
    public async Task A_journal_already_in_use_keeps_pipelines_if_it_knows_the_serializer()
    {
        using var database = new SqliteDatabase();
        for (var life = 1; life <= 2; life++)
            await UseAsync(
                database,
                JournalConfig.For("akka.persistence.journal.sql", "akka.persistence.snapshot-store.sql"),
                async buffers =>
                {
                    Assert.True((await OfferAsync(buffers, $"{life}")).IsAccepted);
                    var pending = await buffers.PeekAsync("p", "s", 10).AsTask().WaitAsync(Patience);
                    Assert.Equal(Enumerable.Range(1, life).Select(i => $"{i}"), pending.Select(r => r.Record.Id));
                }
            );
    }

    [Fact]
    public async Task A_journal_in_use_without_the_serializer_acknowledges_nothing()
    {
        using var database = new SqliteDatabase();
        await UseAsync(
            database,
            Config.Empty,
            async buffers =>
            {
                var offered = await OfferAsync(buffers, "1");
                Assert.Equal((OfferStatus.StoreFailing, 0), (offered.Status, offered.Consumed));
            }
        );
        Assert.Equal(0, database.Query("select count(*) from journal where persistence_id = 'conveyor-p'"));
    }

    static async Task<OfferResult> OfferAsync(IBufferService buffers, string id) =>
        await buffers
            .BufferForStageAsync("p", "s", "a", new ConveyorRecord(id, default), AckLevel.Persisted)
            .AsTask()
            .WaitAsync(Patience);

    /// <summary>Starts a system whose journal an actor of the user's has used, and then the buffers.</summary>
    static async Task UseAsync(SqliteDatabase database, Config more, Func<IBufferService, Task> use)
    {
        var system = ActorSystem.Create(
            "users",
            ConfigurationFactory
                .ParseString(
                    $"{database.Hocon}\nakka.persistence.journal.sql {{ replay-filter.mode = off, prefer-parameters-on-multirow-insert = true }}"
                )
                .WithFallback(more)
                .WithFallback(ConfigurationFactory.ParseString(JournalNode.Quick))
        );
        try
        {
            Assert.Equal("written", await system.ActorOf(Props.Create<Greeter>()).Ask<string>("hello", Patience));
            await use(ConveyorSystem.Get(system).Service);
            await ConveyorSystem.Get(system).StopAsync(TimeSpan.Zero);
        }
        finally
        {
            await system.Terminate().WaitAsync(Patience);
        }
    }
}
