using System.Text.Json.Serialization;
using ConveyorActors.Cli.Bench.Runs;
using ConveyorActors.Cli.Bench.Stores;

namespace ConveyorActors.Cli.Bench;

/// <summary>What <c>conveyor bench --json</c> writes.</summary>
sealed record BufferReport(
    string Machine,
    int Rounds,
    IReadOnlyList<ContestRow> Contest,
    IReadOnlyList<ContestRow> InTurn,
    IReadOnlyList<CostRow> Costs
);

/// <summary>What <c>conveyor bench --data --json</c> writes.</summary>
sealed record StoreReport(string Machine, int Rounds, IReadOnlyList<StoreRow> Contest, IReadOnlyList<StoreBar> Bars);

/// <summary>What <c>conveyor bench --run --json</c> writes.</summary>
sealed record RunReport(
    string Machine,
    int Rounds,
    long Lines,
    IReadOnlyList<RunRow> Contest,
    IReadOnlyList<RunBar> Bars
);

/// <summary>Writes the reports without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Metadata
)]
[JsonSerializable(typeof(BufferReport))]
[JsonSerializable(typeof(StoreReport))]
[JsonSerializable(typeof(RunReport))]
sealed partial class BenchReports : JsonSerializerContext;
