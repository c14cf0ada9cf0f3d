using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Benchmarks.Akka;

/// <summary>One actor that sends; the clock stops when the last record is where it goes.</summary>
static class ActorContenders
{
    const string Quiet = "akka.loglevel = WARNING, akka.stdout-loglevel = WARNING\n";
    const int Different = 1024;

    static readonly ConveyorRecord[] Records =
    [
        .. Enumerable.Range(0, Different).Select(i => new ConveyorRecord(i.ToString(), new byte[16])),
    ];

    // A bare Tell has a mailbox without bounds; ours gets the same room.
    static readonly string Roomy =
        Quiet
        + """
            conveyor.buffer-actors.capacity = 16000000
            conveyor.buffers { max-total-records = 16000000, max-per-stage = 16000000, max-per-source = 16000000 }
            """;

    sealed record Number(int Value);

    sealed class Empty(int expected, TaskCompletionSource<long> done) : UntypedActor
    {
        long sum;
        int received;

        protected override void OnReceive(object message)
        {
            sum += ((Number)message).Value;
            if (++received == expected)
                done.SetResult(sum);
        }
    }

    sealed class Sender(Action send) : UntypedActor
    {
        protected override void OnReceive(object message) => send();
    }

    public static async Task<long> Tell(int records, Stopwatch watch)
    {
        using var system = ActorSystem.Create("tell", ConfigurationFactory.ParseString(Quiet));
        var done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var empty = system.ActorOf(Props.Create(() => new Empty(records, done)));
        Action send = () =>
        {
            for (var i = 0; i < records; i++)
                empty.Tell(new Number(i));
        };
        var sender = system.ActorOf(Props.Create(() => new Sender(send)));
        watch.Restart();
        sender.Tell("go");
        var sum = await done.Task;
        watch.Stop();
        return sum;
    }

    public static async Task<long> Enqueue(int records, Stopwatch watch, int batch)
    {
        using var system = ActorSystem.Create("enqueue", ConfigurationFactory.ParseString(Roomy));
        var conveyor = ConveyorSystem.Get(system);
        var target = new BufferTarget("orders", "enrich", "web-1");
        var buffers = conveyor.Buffers;
        Action send =
            batch == 1
                ? () =>
                {
                    for (var i = 0; i < records; i++)
                        buffers.Tell(new Enqueue(target, Records[i % Different]));
                }
                : () =>
                {
                    for (var i = 0; i < records; i += batch)
                        buffers.Tell(
                            new EnqueueBatch(target, Records.AsMemory(i % Different, Math.Min(batch, records - i)))
                        );
                };
        var sender = system.ActorOf(Props.Create(() => new Sender(send)));
        // The first time the stage grows to its size; what counts is the second.
        await SendAsync();
        await SumAsync(conveyor.Service);
        watch.Restart();
        await SendAsync();
        watch.Stop();
        return await SumAsync(conveyor.Service);

        async Task SendAsync()
        {
            sender.Tell("go");
            while ((await conveyor.Service.GetSnapshotAsync("orders")).Total.Buffered < records)
                await Task.Delay(1);
        }
    }

    /// <summary>
    /// Each of the different records stands for a number the first time, for a number 1,024 higher the second time, and
    /// so on: the sum is right when each came as often as it was sent.
    /// </summary>
    static async Task<long> SumAsync(IBufferService service)
    {
        long sum = 0;
        var seen = new int[Different];
        while (true)
        {
            var batch = await service.GetBatchAsync("orders", "enrich", new BatchRequest(10_000));
            if (batch.Count == 0)
                return sum;
            foreach (var record in batch.Records)
            {
                var number = int.Parse(record.Record.Id);
                sum += number + (long)Different * seen[number]++;
            }
            await service.CompleteAsync("orders", "enrich", batch.Id);
        }
    }
}
