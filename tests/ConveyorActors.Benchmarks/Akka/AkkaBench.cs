using ConveyorActors.Cli.Bench;
using Spectre.Console;

namespace ConveyorActors.Benchmarks.Akka;

/// <summary>The contests of the Akka.NET parts. Each has its own rival, which comes first.</summary>
static class AkkaBench
{
    static readonly Contender[] Actors =
    [
        new("tell", "bare Tell to an empty actor", 3_000_000, ActorContenders.Tell),
        new("enqueue", "fire-and-forget Enqueue until stored in a stage", 1_000_000, static (n, watch) => ActorContenders.Enqueue(n, watch, 1), Bar: 0.25),
        new("enqueue_64", "EnqueueBatch of 64 until stored in a stage", 4_000_000, static (n, watch) => ActorContenders.Enqueue(n, watch, 64), Bar: 1.5),
    ];

    public static async Task<int> RunAsync(TimeSpan time)
    {
        foreach (var contenders in new[] { Actors })
        {
            var (rows, rounds) = await Contest.RunAsync(contenders, time, what => Console.Error.WriteLine(what), CancellationToken.None);
            AnsiConsole.Profile.Width = 200;
            AnsiConsole.Write(ContestTable.Of(rows));
            Console.WriteLine($"{rounds} rounds; medians; ratio: to {contenders[0].Name} in the same round; every checksum was right.");
            Console.WriteLine();
        }
        Console.WriteLine(ContestTable.Machine);
        return 0;
    }
}
