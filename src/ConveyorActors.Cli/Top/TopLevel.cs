using System.Text.Json;

namespace ConveyorActors.Cli.Top;

/// <summary>The numbers of one level (pipeline, stage or source) in the event stream.</summary>
sealed record TopLevel
{
    public required string Name { get; init; }

    public required double Fill { get; init; }

    public required long Limit { get; init; }

    public required long Pending { get; init; }

    public required long InFlight { get; init; }

    public required TimeSpan Oldest { get; init; }

    public required double AcceptedPerSecond { get; init; }

    public required double CompletedPerSecond { get; init; }

    public required double RefusedPerSecond { get; init; }

    public static TopLevel Read(JsonElement level, string name) =>
        new()
        {
            Name = level.GetProperty(name).GetString()!,
            Fill = level.GetProperty("fill").GetDouble(),
            Limit = level.GetProperty("limit").GetInt64(),
            Pending = level.GetProperty("pending").GetInt64(),
            InFlight = level.GetProperty("inFlight").GetInt64(),
            Oldest = TimeSpan.FromSeconds(level.GetProperty("oldestSeconds").GetDouble()),
            AcceptedPerSecond = level.GetProperty("acceptedPerSecond").GetDouble(),
            CompletedPerSecond = level.GetProperty("completedPerSecond").GetDouble(),
            RefusedPerSecond = level.GetProperty("refusedPerSecond").GetDouble(),
        };
}
