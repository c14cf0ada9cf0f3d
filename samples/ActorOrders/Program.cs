// Actors send orders with one Tell each; a consumer dies with orders in its hands, and the next one gets them.
using System.Collections.Concurrent;
using Akka.Actor;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

using var system = ActorSystem.Create("shop", "akka.loglevel = ERROR");
var conveyor = ConveyorSystem.Get(system);
var handled = new ConcurrentQueue<string>();

foreach (var shop in new[] { "north", "south", "west" })
{
    // Bound to one buffer actor: the orders of a shop stay in order. (Without that: conveyor.Buffers.)
    var writer = conveyor.CreateWriter();
    system.ActorOf(Props.Create(() => new Shop(writer)), shop).Tell(10);
}

// The first consumer is stopped in the middle of an order.
var inTheMiddle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
var first = system.ActorOf(
    BufferConsumerActor.Props(
        conveyor.Service,
        new("shop", "pack"),
        async (order, cancelled) =>
        {
            inTheMiddle.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancelled);
            return RecordResult.Completed;
        }
    ),
    "first"
);
await inTheMiddle.Task;
await first.GracefulStop(TimeSpan.FromSeconds(10));
Console.WriteLine("the first consumer has died");

// The second one gets what the first one had, and everything else. One order can never be packed.
system.ActorOf(
    BufferConsumerActor.Props(
        conveyor.Service,
        new("shop", "pack"),
        order =>
        {
            if (order.Record.Id == "south-7")
                return RecordResult.DeadLettered("the box is too small");
            handled.Enqueue(order.Record.Id);
            return RecordResult.Completed;
        }
    ),
    "second"
);
while ((await conveyor.Service.GetSnapshotAsync("shop")).Total is not { Offered: 30, Pending: 0 })
    await Task.Delay(10);

var letters = await conveyor.Service.GetDeadLettersAsync("shop", "pack", 10);
Console.WriteLine(
    $"{handled.Distinct().Count()} orders packed, {handled.Count - handled.Distinct().Count()} of them twice"
);
foreach (var shop in handled.GroupBy(id => id.Split('-')[0]).OrderBy(g => g.Key))
    Console.WriteLine($"{shop.Key}: {string.Join(' ', shop.Select(id => id.Split('-')[1]))}");
foreach (var letter in letters)
    Console.WriteLine($"dead letter {letter.Record.Record.Id}: {letter.LastError}");
Console.WriteLine($"adds up: {(await conveyor.Service.GetSnapshotAsync("shop")).IsConserved}");
await system.Terminate();

/// <summary>Sends as many orders as it is told.</summary>
sealed class Shop : ReceiveActor
{
    public Shop(IActorRef buffers)
    {
        var target = new BufferTarget("shop", "pack", source: Self.Path.Name);
        Receive<int>(orders =>
        {
            for (var i = 1; i <= orders; i++)
                buffers.Tell(new Enqueue(target, new ConveyorRecord($"{Self.Path.Name}-{i}", default)));
        });
    }
}
