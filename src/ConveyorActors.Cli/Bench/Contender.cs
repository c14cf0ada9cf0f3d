using System.Diagnostics;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// A way to move numbers from producers to a consumer. The sum of the numbers proves that all have arrived.
/// </summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of what the contender does.</param>
/// <param name="Records">The number of records moved in one round.</param>
/// <param name="MoveAsync">
/// Moves the numbers 0 to n - 1 and returns their sum. The stopwatch is running at the start; a contender that prepares
/// or checks something restarts or stops it.
/// </param>
/// <param name="Bar">The ratio to the first contender that must be reached; null: the contender is a rival.</param>
sealed record Contender(
    string Name,
    string What,
    int Records,
    Func<int, Stopwatch, Task<long>> MoveAsync,
    double? Bar = null
);
