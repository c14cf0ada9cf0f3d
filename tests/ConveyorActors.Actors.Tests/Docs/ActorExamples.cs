// DOCS: actor usings
using Akka.Actor;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
// END
using Akka.TestKit.Xunit2;

namespace ConveyorActors.Actors.Tests.Docs;

// DOCS: actor producer
sealed class OrderReader : ReceiveActor
{
    static readonly BufferTarget Orders = new(pipeline: "shop", stage: "enrich", source: "web-1");

    public OrderReader(IActorRef buffers)
    {
        // Fire and forget: one Tell. Records without room in the stage wait in the buffer actor and are offered again.
        Receive<ConveyorRecord>(record => buffers.Tell(new Enqueue(Orders, record)));

        // Or with a reply: refused records stay with the sender, and the signal tells when to send them again.
        Receive<ConveyorRecord[]>(records => buffers.Tell(new EnqueueBatch(Orders, records, ExpectsReply: true)));
        Receive<EnqueueResult>(result => Context.Parent.Tell($"{result.Consumed} are done with, because {result.Status}; now {result.Signal}"));
    }
}
// END

// DOCS: actor by hand
sealed class Enricher : ReceiveActor, IWithTimers
{
    readonly IActorRef pipelines;

    public ITimerScheduler Timers { get; set; } = null!;

    public Enricher(IActorRef pipelines)
    {
        this.pipelines = pipelines;
        Receive<Leased>(lease =>
        {
            if (lease.Batch.Count == 0)                         // the pipeline has stopped: no record will come
            {
                Context.Stop(Self);
                return;
            }
            var failed = new List<long>();
            foreach (BufferedRecord<ConveyorRecord> item in lease.Batch.Records)
                if (!TryEnrich(item.Record)) failed.Add(item.Sequence);

            // The failed ones go back to the head of their source's queue with a retry charged; the rest is done.
            if (failed.Count > 0) pipelines.Tell(new ReturnToBuffer("shop", "enrich", lease.Batch.Id, failed, "no such customer"));
            pipelines.Tell(new Complete("shop", "enrich", lease.Batch.Id));
            AskForMore();
        });
        Receive<Failed>(_ => Timers.StartSingleTimer("ask again", AskAgain.Instance, TimeSpan.FromSeconds(1)));
        Receive<AskAgain>(_ => AskForMore());
        Receive<Settled>(_ => { });
        Receive<BegunAnew>(_ => { });
        Receive<WaitCancelled>(_ => { });
    }

    protected override void PreStart() => AskForMore();

    // Returns the records this actor held when it failed, and ends its earlier wait.
    protected override void PostRestart(Exception reason)
    {
        pipelines.Tell(new BeginAnew("shop", "enrich", reason.Message));
        AskForMore();
    }

    // The reply comes when there are records. If this actor dies, its records are returned at once.
    void AskForMore() => pipelines.Tell(new GetBatch("shop", "enrich", new BatchRequest(100) { Wait = true }));

    static bool TryEnrich(ConveyorRecord record) => record.Key is not null;

    sealed record AskAgain
    {
        public static readonly AskAgain Instance = new();
    }
}
// END

// DOCS: actor listener
sealed class Throttle : ReceiveActor
{
    public Throttle(IActorRef pipelines, IActorRef reader)
    {
        // The signal now, then every change of it.
        pipelines.Tell(new SubscribeSignals("shop", "web-1", Self));
        Receive<SignalChanged>(changed => reader.Tell(changed.Signal));
    }
}
// END

/// <summary>The C# code of the documents that needs actors, compiled and run. The documents' own tests see to it that the two are the same.</summary>
public class ActorExamples : TestKit
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Actors_enqueue_consume_and_listen()
    {
        await StartAndStop(Sys, async conveyor =>
        {
            Sys.ActorOf(Props.Create(() => new Throttle(conveyor.Pipelines, TestActor)));
            Assert.Equal(BackpressureSignal.None, await ExpectMsgAsync<BackpressureSignal>(Patience));
            var reader = ActorOfAsTestActorRef(() => new OrderReader(conveyor.Buffers), TestActor);
            reader.Tell(Order(1));
            reader.Tell(new[] { Order(2), Order(3, key: null) });
            Assert.Equal("2 are done with, because Accepted; now None", await ExpectMsgAsync<string>(Patience));

            Sys.ActorOf(Props.Create(() => new Enricher(conveyor.Pipelines)));
            await IsDone(conveyor);
        });
    }

    [Fact]
    public async Task A_ready_made_actor_can_consume()
    {
        await StartAndStop(Sys, async conveyor =>
        {
            var reader = ActorOfAsTestActorRef(() => new OrderReader(conveyor.Buffers), TestActor);
            reader.Tell(new[] { Order(1), Order(2), Order(3, key: null) });
            await ExpectMsgAsync<string>(Patience);
            var system = Sys;

            // DOCS: actor consumer
            Props enricher = BufferConsumerActor.Props(
                conveyor.Service,
                new BufferConsumerSettings("shop", "enrich") { BatchSize = 100, Concurrency = 4 },
                async (item, cancellationToken) =>
                {
                    if (item.Record.Payload.IsEmpty) return RecordResult.DeadLettered("no order in it");
                    await LookUpCustomer(item.Record, cancellationToken);       // throws: only this record is returned with a retry charged
                    return RecordResult.Completed;
                });
            IActorRef consumer = system.ActorOf(enricher, "enricher");
            // END
            await IsDone(conveyor);

            // DOCS: actor consumer stop
            await consumer.GracefulStop(TimeSpan.FromSeconds(15), StopConsuming.Instance);     // stops leasing, and finishes its records
            // END
        });
    }

    static Task LookUpCustomer(ConveyorRecord record, CancellationToken cancellationToken) =>
        record.Key is null ? throw new KeyNotFoundException("no such customer") : Task.Delay(1, cancellationToken);

    Task IsDone(ConveyorSystem conveyor) => AwaitAssertAsync(async () =>
    {
        var now = await conveyor.Service.GetSnapshotAsync("shop");
        Assert.Equal((2, 1, 1), (now.Total.Completed, now.Total.DeadLettered, now.Stages.Single().DeadLetters));
        Assert.True(now.IsConserved);
    }, Patience);

    static async Task StartAndStop(ActorSystem system, Func<ConveyorSystem, Task> use)
    {
        // DOCS: actor start
        ConveyorSystem conveyor = ConveyorSystem.Get(system);       // starts everything, under /user/conveyor
        IActorRef buffers = conveyor.Buffers;                       // takes Enqueue and EnqueueBatch; one buffer per core behind it
        IActorRef writer = conveyor.CreateWriter();                 // the same, bound to one buffer: first in, first out for everything sent through it
        IActorRef pipelines = conveyor.Pipelines;                   // takes every other command
        IBufferService service = conveyor.Service;                  // the port, for streams and for code outside actors
        // END
        Assert.NotEqual(buffers, writer);
        await service.ConfigureAsync("shop", new BufferSettings { Stage = new() { MaxRetries = 0, Backoff = BackoffSettings.None } });
        Assert.Equal(pipelines, conveyor.Pipelines);
        await use(conveyor);
        // DOCS: actor stop
        ConveyorStopReport report = await conveyor.StopAsync(deadline: TimeSpan.FromSeconds(10));      // refuses, drains, reports
        // END
        Assert.Equal(0, report.Remaining);
    }

    static ConveyorRecord Order(int number, string? key = "customer-3") => new($"order-{number}", new byte[8]) { Key = key };
}
