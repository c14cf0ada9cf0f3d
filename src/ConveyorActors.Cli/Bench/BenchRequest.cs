namespace ConveyorActors.Cli.Bench;

/// <summary>The parameters of a measurement.</summary>
/// <param name="Duration">The total time to measure.</param>
/// <param name="JsonPath">The file that gets the numbers as JSON; null: no file.</param>
/// <param name="Data">
/// A directory, to measure how fast records are kept on its disk; null: the buffers in memory are measured.
/// </param>
/// <param name="OfRun">Whether <c>conveyor run</c> is measured.</param>
/// <param name="File">The file of lines to measure with; null: a table is generated.</param>
sealed record BenchRequest(
    TimeSpan Duration,
    string? JsonPath,
    string? Data = null,
    bool OfRun = false,
    string? File = null
);
