namespace ConveyorActors.Cli.Bench;

/// <summary>What to measure.</summary>
/// <param name="Duration">All of it together.</param>
/// <param name="JsonPath">Where the numbers go as JSON; null: nowhere.</param>
/// <param name="Data">A directory: what is measured is keeping records on its disk. Null: the buffers in memory.</param>
sealed record BenchRequest(TimeSpan Duration, string? JsonPath, string? Data = null);
