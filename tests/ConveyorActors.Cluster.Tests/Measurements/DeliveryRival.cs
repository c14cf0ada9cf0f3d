using Akka.Cluster.Sharding;
using Akka.Cluster.Sharding.Delivery;
using Akka.Delivery;
using Akka.Persistence.Delivery;
using Controller = Akka.Cluster.Sharding.Delivery.ShardingProducerController;

namespace ConveyorActors.Cluster.Tests.Measurements;

/// <summary>
/// Akka.Cluster.Sharding.Delivery with its event-sourced queue, as its documentation sets it up and with its default
/// settings: a producer that sends each message when it is asked for the next one, and entities that confirm each
/// message.
/// </summary>
sealed class DeliveryRival
{
    readonly IActorRef producer;

    DeliveryRival(IActorRef producer, Sum received) => (this.producer, Received) = (producer, received);

    /// <summary>The messages that the entities have confirmed.</summary>
    public Sum Received { get; }

    public static async Task<DeliveryRival> StartAsync(ActorSystem system)
    {
        var sum = new Sum();
        var region = await ClusterSharding
            .Get(system)
            .StartAsync(
                "rival",
                _ =>
                    ShardingConsumerController.Create<ConveyorRecord>(
                        controller => Props.Create(() => new Consumer(controller, sum)),
                        ShardingConsumerController.Settings.Create(system)
                    ),
                ClusterShardingSettings.Create(system),
                HashCodeMessageExtractor.Create(12, static _ => "", static m => m)
            );
        var queue = EventSourcedProducerQueue.Create<ConveyorRecord>("rival-queue", system);
        var controller = system.ActorOf(
            Controller.Create<ConveyorRecord>("rival-producer", region, queue, Controller.Settings.Create(system))
        );
        return new(system.ActorOf(Props.Create(() => new Producer(controller))), sum);
    }

    /// <summary>Sends a message to an entity; completes when the queue has stored it.</summary>
    public Task SendAsync(string entity, ConveyorRecord record) =>
        producer.Ask<Akka.Done>(new Job(entity, record), TimeSpan.FromMinutes(5));

    /// <summary>How many messages came, and the sum of their numbers.</summary>
    public sealed class Sum
    {
        long count,
            total;

        public (long Count, long Total) Value => (Interlocked.Read(ref count), Interlocked.Read(ref total));

        public void Add(long number)
        {
            Interlocked.Add(ref total, number);
            Interlocked.Increment(ref count);
        }
    }

    sealed record Job(string Entity, ConveyorRecord Record) : INoSerializationVerificationNeeded;

    sealed class Producer(IActorRef controller) : UntypedActor
    {
        readonly Queue<(Job Job, IActorRef Asker)> waiting = new();
        Controller.RequestNext<ConveyorRecord>? next;

        protected override void PreStart() => controller.Tell(new Controller.Start<ConveyorRecord>(Self));

        protected override void OnReceive(object message)
        {
            if (message is Controller.RequestNext<ConveyorRecord> request)
                next = request;
            else if (message is Job job)
                waiting.Enqueue((job, Sender));
            if (next is null || !waiting.TryDequeue(out var first))
                return;
            next.AskNextTo(
                new Controller.MessageWithConfirmation<ConveyorRecord>(first.Job.Entity, first.Job.Record, first.Asker)
            );
            next = null;
        }
    }

    sealed class Consumer(IActorRef controller, Sum sum) : UntypedActor
    {
        protected override void PreStart() => controller.Tell(new ConsumerController.Start<ConveyorRecord>(Self));

        protected override void OnReceive(object message)
        {
            if (message is not ConsumerController.Delivery<ConveyorRecord> delivery)
                return;
            sum.Add(long.Parse(delivery.Message.Id));
            delivery.ConfirmTo.Tell(ConsumerController.Confirmed.Instance);
        }
    }
}
