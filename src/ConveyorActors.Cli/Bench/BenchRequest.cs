namespace ConveyorActors.Cli.Bench;

/// <summary>What to measure.</summary>
/// <param name="Duration">All of it together.</param>
/// <param name="JsonPath">Where the numbers go as JSON; null: nowhere.</param>
/// <param name="Data">
/// A directory: what is measured is keeping records on its disk. Null: the buffers in memory.
/// </param>
/// <param name="OfRun">True: what is measured is <c>conveyor run</c>.</param>
/// <param name="File">The file of lines that it is measured with; null: a table is made.</param>
sealed record BenchRequest(
    TimeSpan Duration,
    string? JsonPath,
    string? Data = null,
    bool OfRun = false,
    string? File = null
);
