using ConveyorActors.Cli.Bench;
using Spectre.Console;

namespace ConveyorActors.Benchmarks.Akka;

/// <summary>The contests of the Akka.NET parts. Each has its own rival, which comes first.</summary>
static class AkkaBench
{
    static readonly Contender[] Actors =
    [
        new("tell", "bare Tell to an empty actor", 3_000_000, ActorContenders.Tell),
        new(
            "enqueue",
            "fire-and-forget Enqueue until stored in a stage",
            1_000_000,
            static (n, watch) => ActorContenders.Enqueue(n, watch, 1),
            Bar: 0.25
        ),
        new(
            "enqueue_64",
            "EnqueueBatch of 64 until stored in a stage",
            4_000_000,
            static (n, watch) => ActorContenders.Enqueue(n, watch, 64),
            Bar: 1.5
        ),
    ];

    static readonly Contender[] BesideQueue =
    [
        new("source_queue", "Source.Queue of 1,024, awaited offers", 500_000, StreamContenders.Queue),
        new("sink_source", "BufferSink and BufferSource that completes", 2_000_000, StreamContenders.Buffered, Bar: 2),
        new(
            "sink_source_handles",
            "BufferSink and BufferSource with settle handles",
            2_000_000,
            StreamContenders.BufferedHandles,
            Bar: 2
        ),
        new("through", "BufferFlow.Through", 1_000_000, StreamContenders.Through),
    ];

    static readonly Contender[] BesideBoundary =
    [
        new("async_boundary", "a plain .Async() boundary", 1_000_000, StreamContenders.AsyncBoundary),
        new("sink_source", "BufferSink and BufferSource that completes", 2_000_000, StreamContenders.Buffered, Bar: 1),
        new(
            "sink_source_handles",
            "BufferSink and BufferSource with settle handles",
            2_000_000,
            StreamContenders.BufferedHandles,
            Bar: 1
        ),
        new("through", "BufferFlow.Through", 1_000_000, StreamContenders.Through),
    ];

    /// <param name="time">For each of the three contests.</param>
    public static async Task<int> RunAsync(TimeSpan time)
    {
        foreach (var contenders in new[] { Actors, BesideQueue, BesideBoundary })
        {
            var (rows, rounds) = await Contest.RunAsync(
                contenders,
                time,
                what => Console.Error.WriteLine(what),
                CancellationToken.None
            );
            AnsiConsole.Profile.Width = 200;
            AnsiConsole.Write(ContestTable.Create(rows));
            Console.WriteLine(
                $"{rounds} rounds; medians; ratio: to {contenders[0].Name} in the same round; every checksum was right."
            );
            Console.WriteLine();
        }
        Console.WriteLine(ContestTable.Machine);
        return 0;
    }
}
