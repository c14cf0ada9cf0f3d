using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Actors;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>Records and leases of a stage go to another node through Akka's own stream references.</summary>
public sealed class StreamRefTests : IAsyncLifetime
{
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    readonly List<ActorSystem> systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(systems.Select(s => s.Terminate()));

    ActorSystem Create(string name)
    {
        systems.Add(
            ActorSystem.Create(
                name,
                ConfigurationFactory.ParseString(
                    """
                    akka.loglevel = OFF
                    akka.stdout-loglevel = OFF
                    akka.actor.provider = remote
                    akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
                    conveyor.stop-deadline = 100 ms
                    """
                )
            )
        );
        ConveyorSystem.Get(systems[^1]);
        return systems[^1];
    }

    /// <summary>Gives out a reference to what it streams, or takes in what is streamed to it.</summary>
    sealed class Streams(
        IReadOnlyList<ConveyorRecord> records,
        IReadOnlyList<LeasedBatch> batches,
        TaskCompletionSource<IReadOnlyList<ConveyorRecord>> received
    ) : UntypedActor
    {
        public static Props Props(
            IReadOnlyList<ConveyorRecord> records,
            IReadOnlyList<LeasedBatch> batches,
            TaskCompletionSource<IReadOnlyList<ConveyorRecord>> received
        ) => Akka.Actor.Props.CreateBy(new Maker(() => new Streams(records, batches, received)));

        protected override void OnReceive(object message)
        {
            var (materializer, sender) = (Context.System.Materializer(), Sender);
            switch (message)
            {
                case "records":
                    Source.From(records).RunWith(StreamRefs.SourceRef<ConveyorRecord>(), materializer).PipeTo(sender);
                    break;
                case "batches":
                    Source.From(batches).RunWith(StreamRefs.SourceRef<LeasedBatch>(), materializer).PipeTo(sender);
                    break;
                default:
                    var (reference, taken) = StreamRefs
                        .SinkRef<ConveyorRecord>()
                        .ToMaterialized(Sink.Seq<ConveyorRecord>(), Keep.Both)
                        .Run(materializer);
                    taken.ContinueWith(t => received.TrySetResult(t.Result), TaskScheduler.Default);
                    reference.PipeTo(sender);
                    break;
            }
        }

        sealed class Maker(Func<ActorBase> make) : IIndirectActorProducer
        {
            public Type ActorType => typeof(Streams);

            public ActorBase Produce() => make();

            public void Release(ActorBase actor) { }
        }
    }

    [Fact]
    public async Task Records_and_leases_go_through_source_and_sink_references()
    {
        ConveyorRecord[] records =
        [
            .. Enumerable
                .Range(1, 500)
                .Select(i => new ConveyorRecord($"r{i}", new byte[i])
                {
                    Headers = new Dictionary<string, string> { ["n"] = $"{i}" },
                }),
        ];
        var (near, far) = (Create("near"), Create("far"));
        var service = ConveyorSystem.Get(far).Service;
        await service.BufferBatchForStageAsync("shop", "enrich", "web-1", records);
        var batch = await service.GetBatchAsync("shop", "enrich", new BatchRequest(10));
        var received = new TaskCompletionSource<IReadOnlyList<ConveyorRecord>>(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        far.ActorOf(Streams.Props(records, [batch, batch], received), "streams");
        var streams = near.ActorSelection($"{((ExtendedActorSystem)far).Provider.DefaultAddress}/user/streams");
        var materializer = near.Materializer();

        var source = await streams.Ask<ISourceRef<ConveyorRecord>>("records", Bound);
        Assert.Equal(records, await source.Source.RunWith(Sink.Seq<ConveyorRecord>(), materializer).WaitAsync(Bound));
        var batches = await streams.Ask<ISourceRef<LeasedBatch>>("batches", Bound);
        Assert.Equal(
            [batch, batch],
            await batches.Source.RunWith(Sink.Seq<LeasedBatch>(), materializer).WaitAsync(Bound)
        );
        var sink = await streams.Ask<ISinkRef<ConveyorRecord>>("sink", Bound);
        Source.From(records).RunWith(sink.Sink, materializer);
        Assert.Equal(records, await received.Task.WaitAsync(Bound));
    }
}
