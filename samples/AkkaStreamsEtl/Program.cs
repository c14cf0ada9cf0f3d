// A file of orders is parsed, enriched and stored by three streams that run at their own pace, with a bounded buffer
// between each two of them.
using System.Text;
using Akka;
using Akka.Actor;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams;

string[] lines = ["1;ada;10", "2;bob;20", "not an order", "3;ada;30", "4;eve;40", "5;bob;50"];
Dictionary<string, string> cities = new() { ["ada"] = "London", ["bob"] = "Oslo" };
var file = new FileInfo(Path.GetTempFileName());
File.WriteAllLines(file.FullName, lines);

using var system = ActorSystem.Create("etl", "akka.loglevel = WARNING");
var materializer = system.Materializer();
await using IBufferService buffers = new EmbeddedBufferService();
await buffers.ConfigureAsync(
    "etl",
    new()
    {
        MaxPerStage = 2,
        Stage = new() { FullMode = FullMode.Wait, MaxRetries = 0 },
    }
);

// Extract: lines are read only as fast as the buffer has room.
var read = FileIO
    .FromFile(file)
    .Via(Framing.Delimiter(ByteString.FromString("\n"), maximumFrameLength: 1_024))
    .Select(line => new ConveyorRecord("", line.ToArray()))
    .RunWith(BufferSink.ForStage(buffers, "etl", "parse", source: file.Name), materializer);

// Transform: a line that is no order, and an order of an unknown customer, are dead letters; the others go on through a
// second buffer.
var stored = new List<string>();
var transform = BufferSource
    .FromStage(buffers, "etl", "parse")
    .ViaMaterialized(KillSwitches.Single<LeasedRecord>(), Keep.Right)
    .SelectAsync(
        1,
        async element =>
        {
            var fields = Encoding.UTF8.GetString(element.Record.Payload.Span).Split(';');
            if (fields is [var id, var customer, var price] && cities.TryGetValue(customer, out var city))
            {
                // Waits for room in the second buffer, and completes the line only then.
                await buffers.BufferForStageAsync(
                    "etl",
                    "store",
                    "parse",
                    new ConveyorRecord(id, Encoding.UTF8.GetBytes($"{customer} in {city}: {price}"))
                );
                await element.Complete();
            }
            else
                await element.Return(fields is [_, _, _] ? $"customer {fields[1]} is not known" : "it is not an order");
            return NotUsed.Instance;
        }
    )
    .To(Sink.Ignore<NotUsed>())
    .Run(materializer);

// Load: each order is done when it has been stored.
var load = BufferSource
    .CompletingFromStage(buffers, "etl", "store")
    .ViaMaterialized(KillSwitches.Single<ConveyorRecord>(), Keep.Right)
    .Select(record =>
    {
        stored.Add($"{record.Id}: {Encoding.UTF8.GetString(record.Payload.Span)}");
        return NotUsed.Instance;
    })
    .To(Sink.Ignore<NotUsed>())
    .Run(materializer);

Console.WriteLine($"{(await read).Accepted} lines read");
PipelineSnapshot now;
while ((now = await buffers.GetSnapshotAsync("etl")).Total.Pending > 0)
    await Task.Delay(10);
transform.Shutdown();
load.Shutdown();
await system.Terminate();
file.Delete();

foreach (var line in stored)
    Console.WriteLine($"stored {line}");
foreach (var letter in await buffers.GetDeadLettersAsync("etl", "parse", 10))
    Console.WriteLine(
        $"dead letter '{Encoding.UTF8.GetString(letter.Record.Record.Payload.Span)}': {letter.LastError}"
    );
Console.WriteLine(
    $"offered {now.Total.Offered} = completed {now.Total.Completed} + dead-lettered {now.Total.DeadLettered}; adds up: {now.IsConserved}"
);
