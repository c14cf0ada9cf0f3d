using System.Collections.Concurrent;
using System.Globalization;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Actors.Producing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Streams;

namespace ConveyorActors.Cluster.Tests.Calls;

/// <summary>Each way to use the buffers, over a cluster whose nodes leave one after the other meanwhile.</summary>
public class LoadTests
{
    const string Writer = "by-writer",
        Stream = "by-stream",
        Actor = "by-actor",
        Through = "through-a-flow",
        Offers = "by-offers";

    static ConveyorRecord Record(int number) => new(number.ToString(CultureInfo.InvariantCulture), new byte[20]);

    [Fact]
    public async Task Writers_streams_and_actors_keep_every_record_in_order_while_nodes_leave()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var node = cluster[0];
        using var materializer = node.System.Materializer();
        var seen = new[] { Writer, Stream, Actor, Through, Offers }.ToDictionary(
            p => p,
            _ => new ConcurrentQueue<int>()
        );
        var produced = new ConcurrentDictionary<string, int>();
        var stop = false;

        // Consumers: actors, and a stream that completes each record as it leaves.
        foreach (var pipeline in new[] { Writer, Actor, Offers })
        {
            node.System.ActorOf(
                BufferConsumerActor.Props(
                    node.Buffers,
                    new(pipeline, "s"),
                    record =>
                    {
                        Note(pipeline, record.Record);
                        return RecordResult.Completed;
                    }
                )
            );
        }
        _ = BufferSource
            .CompletingFromStage(node.Buffers, Stream, "s")
            .RunForeach(record => Note(Stream, record), materializer);

        // Producers: each goes on until the nodes have left.
        Task[] producing =
        [
            Task.Run(WriteAsync),
            Task.Run(OfferAsync),
            Numbers(Stream).RunWith(BufferSink.ForStage(node.Buffers, Stream, "s", "a"), materializer),
            Numbers(Through)
                .Via(BufferFlow.Through(node.Buffers, Through, "s", "a"))
                .RunForeach(record => Note(Through, record), materializer),
            ActAsync(node, new(Actor, "s", "a"), () => Next(Actor)),
        ];
        await Until.TrueAsync(() => produced.Count == seen.Count && produced.Values.All(n => n > 20));
        foreach (var leaving in cluster.Nodes.Skip(1).ToArray())
        {
            await leaving.LeaveAsync();
            var before = produced.ToDictionary();
            await Until.TrueAsync(() => produced.All(p => p.Value > before[p.Key] + 20));
        }
        Volatile.Write(ref stop, true);
        await Task.WhenAll(producing).WaitAsync(Until.Patience);

        foreach (var (pipeline, numbers) in seen)
        {
            await Until.TrueAsync(async () => await node.Buffers.GetSnapshotAsync(pipeline) is { Total.Pending: 0 });
            // Records of a lease that a move has ended come again; the first time each comes is in its order.
            Assert.Equal(Enumerable.Range(0, produced[pipeline]), numbers.Distinct());
            Assert.Equal(produced[pipeline], (await node.Buffers.GetSnapshotAsync(pipeline)).Total.Accepted);
        }

        void Note(string pipeline, ConveyorRecord record) =>
            seen[pipeline].Enqueue(int.Parse(record.Id, CultureInfo.InvariantCulture));

        ConveyorRecord? Next(string pipeline)
        {
            if (Volatile.Read(ref stop))
                return null;
            return Record(produced.AddOrUpdate(pipeline, 1, static (_, n) => n + 1) - 1);
        }

        Source<ConveyorRecord, NotUsed> Numbers(string pipeline) =>
            Source.UnfoldAsync(
                0,
                async at =>
                {
                    if (at % 10 == 0)
                        await Task.Delay(5);
                    return Next(pipeline) is { } record
                        ? (at + 1, record)
                        : Akka.Util.Option<(int, ConveyorRecord)>.None;
                }
            );

        async Task WriteAsync()
        {
            var writer = node.Conveyor.CreateWriter();
            while (Next(Writer) is { } record)
            {
                while (
                    await writer.Ask<EnqueueResult>(
                        new Enqueue(new(Writer, "s", "a"), record, ExpectsReply: true),
                        Until.Patience
                    )
                        is { Consumed: 0 }
                )
                    await Task.Delay(5);
            }
        }

        // Many offers of one source at once, in the order of the calls.
        async Task OfferAsync()
        {
            var under = new Queue<Task<OfferResult>>();
            while (Next(Offers) is { } record)
            {
                under.Enqueue(node.Buffers.BufferForStageAsync(Offers, "s", "a", record, AckLevel.Persisted).AsTask());
                while (under.Count > 30)
                    Assert.True((await under.Dequeue().WaitAsync(Until.Patience)).IsAccepted);
                if (under.Count % 10 == 0)
                    await Task.Delay(1);
            }
            foreach (var offer in under)
                Assert.True((await offer.WaitAsync(Until.Patience)).IsAccepted);
        }
    }

    static Task ActAsync(ClusterNode node, BufferTarget target, Func<ConveyorRecord?> next)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var way = node.System.ActorOf(BufferProducerActor.Props(node.Buffers, new(target)));
        node.System.ActorOf(Props.Create(() => new ProducingActor(way, next, ended)));
        return ended.Task;
    }

    /// <summary>A producer that sends what it is asked for, and what was not taken again.</summary>
    sealed class ProducingActor(IActorRef way, Func<ConveyorRecord?> next, TaskCompletionSource ended) : UntypedActor
    {
        ConveyorRecord? unconfirmed;
        int requested;
        bool isUnderWay,
            isLast;

        protected override void PreStart() => way.Tell(new RegisterProducer(Self));

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case RequestNext asked:
                    requested += asked.Credits;
                    SendOne();
                    break;
                case Confirmed confirmed:
                    isUnderWay = false;
                    if (confirmed.Consumed > 0)
                        unconfirmed = null;
                    SendOne();
                    break;
            }
        }

        void SendOne()
        {
            if (isUnderWay || isLast || requested == 0)
                return;
            if ((unconfirmed ??= next()) is not { } record)
            {
                End();
                return;
            }
            (isUnderWay, requested) = (true, requested - 1);
            way.Tell(new SendNext([record]));
        }

        void End()
        {
            isLast = true;
            ended.TrySetResult();
        }
    }
}
