using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>
/// Our types survive in the journal and the snapshots of users' persistent actors, under Akka's default serializer.
/// </summary>
public sealed class PersistenceTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly string folder = Directory.CreateTempSubdirectory("conveyor-snapshots-").FullName;
    readonly ActorSystem system;

    public PersistenceTests()
    {
        system = ActorSystem.Create(
            "persistence",
            ConfigurationFactory.ParseString(
                $$"""
                akka.loglevel = OFF
                akka.stdout-loglevel = OFF
                akka.persistence {
                  journal {
                    plugin = "akka.persistence.journal.bytes"
                    bytes.class = "{{typeof(ByteJournal).AssemblyQualifiedName}}"
                  }
                  snapshot-store {
                    plugin = "akka.persistence.snapshot-store.local"
                    local.dir = "{{folder.Replace('\\', '/')}}"
                  }
                }
                """
            )
        );
        ConveyorSerializer.Register((ExtendedActorSystem)system);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await system.Terminate();
        Directory.Delete(folder, recursive: true);
    }

    sealed record Offered(ConveyorRecord Record, int Attempt);

    sealed record Leased(LeasedBatch Batch);

    sealed record Kept(BufferedRecord<ConveyorRecord> Last, ConveyorRecord[] Records, LeasedBatch? Batch);

    /// <summary>A journal in memory that keeps each event as bytes, as a journal in a database does.</summary>
    sealed class ByteJournal : MemoryJournal
    {
        protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
            IEnumerable<AtomicWrite> messages,
            CancellationToken cancellationToken
        ) =>
            base.WriteMessagesAsync(
                [
                    .. messages.Select(m => new AtomicWrite(
                        ((IImmutableList<IPersistentRepresentation>)m.Payload)
                            .Select(p => p.WithPayload(Stored(p.Payload)))
                            .ToImmutableList()
                    )),
                ],
                cancellationToken
            );

        object Stored(object payload)
        {
            var serialization = Context.System.Serialization;
            var serializer = serialization.FindSerializerFor(payload);
            return serialization.Deserialize(
                serializer.ToBinary(payload),
                serializer.Identifier,
                Akka.Serialization.Serialization.ManifestFor(serializer, payload)
            );
        }
    }

    sealed class Keeper(TaskCompletionSource<(Kept? GetSnapshot, object[] Events)> recovered) : UntypedPersistentActor
    {
        readonly List<object> events = [];
        Kept? snapshot;
        IActorRef? asker;

        public override string PersistenceId => "keeper";

        protected override void OnRecover(object message)
        {
            if (message is SnapshotOffer { Snapshot: Kept kept })
                snapshot = kept;
            else if (message is RecoveryCompleted)
                recovered.TrySetResult((snapshot, [.. events]));
            else
                events.Add(message);
        }

        protected override void OnCommand(object message)
        {
            var sender = Sender;
            switch (message)
            {
                case Kept:
                    asker = sender;
                    SaveSnapshot(message);
                    break;
                case SaveSnapshotSuccess or SaveSnapshotFailure:
                    asker.Tell(message);
                    break;
                default:
                    Persist(message, _ => sender.Tell("persisted"));
                    break;
            }
        }
    }

    async Task<(IActorRef Actor, (Kept? GetSnapshot, object[] Events) Recovered)> StartAsync()
    {
        var recovered = new TaskCompletionSource<(Kept?, object[])>(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = system.ActorOf(Props.Create(() => new Keeper(recovered)));
        return (actor, await recovered.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task Records_and_leases_survive_in_a_journal_and_in_snapshots()
    {
        var record = new ConveyorRecord("id-1", "hello"u8.ToArray())
        {
            Key = "k",
            Headers = new Dictionary<string, string> { ["a"] = "b" },
        };
        await using var service = new EmbeddedBufferService();
        await service.BufferBatchForStageAsync(
            "shop",
            "enrich",
            "web-1",
            new[] { record, new ConveyorRecord("id-2", new byte[5]) }
        );
        var batch = await service.GetBatchAsync("shop", "enrich", new BatchRequest(2));
        var kept = new Kept(batch.Records[0], [record], batch);
        object[] events = [new Offered(record, 3), new Leased(batch), record, batch];

        var (actor, _) = await StartAsync();
        Assert.Equal("persisted", await actor.Ask<string>(new Offered(new("before", new byte[1]), 1), Patience));
        Assert.IsType<SaveSnapshotSuccess>(await actor.Ask<object>(kept, Patience));
        foreach (var happened in events)
            Assert.Equal("persisted", await actor.Ask<string>(happened, Patience));
        await actor.GracefulStop(Patience);

        var (_, (snapshot, after)) = await StartAsync();
        Assert.Equal(events, after);
        Assert.Equal((kept.Last, kept.Batch), (snapshot!.Last, snapshot.Batch));
        Assert.Equal(kept.Records, snapshot.Records);
        Assert.Equal("hello"u8.ToArray(), snapshot.Last.Record.Payload.ToArray());
        Assert.Equal("b", ((Offered)after[0]).Record.Headers["a"]);
    }
}
