namespace ConveyorActors.Cli.Bench;

/// <summary>What to measure.</summary>
/// <param name="Duration">All of it together.</param>
/// <param name="JsonPath">Where the numbers go as JSON; null: nowhere.</param>
sealed record BenchRequest(TimeSpan Duration, string? JsonPath);
