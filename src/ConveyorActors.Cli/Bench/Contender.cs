using System.Diagnostics;

namespace ConveyorActors.Cli.Bench;

/// <summary>Something that moves numbers from producers to a consumer and proves it by their sum.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="What">What it does, in a few words.</param>
/// <param name="Records">How many it moves in one round.</param>
/// <param name="MoveAsync">
/// Moves the numbers 0 to n - 1 and answers their sum. The watch runs; who must prepare or check something first
/// restarts or stops it.
/// </param>
/// <param name="Bar">The ratio to the first contender that it must reach; null: it is a rival.</param>
sealed record Contender(
    string Name,
    string What,
    int Records,
    Func<int, Stopwatch, Task<long>> MoveAsync,
    double? Bar = null
);
