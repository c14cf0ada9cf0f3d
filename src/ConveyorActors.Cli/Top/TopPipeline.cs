using System.Text.Json;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Top;

/// <summary>The state of one pipeline, from its last event.</summary>
sealed record TopPipeline
{
    /// <summary>Gets the numbers of the whole pipeline.</summary>
    public required TopLevel Total { get; init; }

    /// <summary>Gets the state: Running, Draining or Stopped.</summary>
    public required string State { get; init; }

    /// <summary>Gets whether every level conserves its records and its room.</summary>
    public required bool IsConserved { get; init; }

    /// <summary>Gets the results of the offered records: a word and the count of each.</summary>
    public required IReadOnlyList<(string Word, long Count)> Fates { get; init; }

    public required long Offered { get; init; }

    public required long Leases { get; init; }

    public required long DeadLetters { get; init; }

    public required long Sources { get; init; }

    public required long Held { get; init; }

    public required IReadOnlyList<TopStage> Stages { get; init; }

    /// <summary>Gets the sources that are held or hold the most records; not all if there are many.</summary>
    public required IReadOnlyList<TopSource> TopSources { get; init; }

    /// <summary>Reads the data of a <c>rates</c> event.</summary>
    public static TopPipeline Read(JsonElement rates) =>
        new()
        {
            Total = TopLevel.Read(rates, "pipeline"),
            State = Printable.Sanitize(rates.GetProperty("state").GetString()!),
            IsConserved = rates.GetProperty("conserved").GetBoolean(),
            Offered = rates.GetProperty("offered").GetInt64(),
            Fates =
            [
                ("settled", rates.GetProperty("completed").GetInt64()),
                ("refused", rates.GetProperty("refused").GetInt64()),
                ("dropped", rates.GetProperty("dropped").GetInt64()),
                ("expired", rates.GetProperty("expired").GetInt64()),
                ("dead-lettered", rates.GetProperty("deadLettered").GetInt64()),
                ("pending", rates.GetProperty("pending").GetInt64()),
            ],
            Leases = rates.GetProperty("leases").GetInt64(),
            DeadLetters = rates.GetProperty("deadLetters").GetInt64(),
            Sources = rates.GetProperty("sources").GetInt64(),
            Held = rates.GetProperty("held").GetInt64(),
            Stages = [.. rates.GetProperty("stages").EnumerateArray().Select(TopStage.Read)],
            TopSources = [.. rates.GetProperty("topSources").EnumerateArray().Select(TopSource.Read)],
        };

    /// <summary>Returns the pipeline with a changed signal of a source.</summary>
    public TopPipeline With(string source, BackpressureSignal signal) =>
        this with
        {
            TopSources = [.. TopSources.Select(s => s.Level.Name == source ? s with { Signal = signal } : s)],
        };
}

/// <summary>The numbers of one stage.</summary>
sealed record TopStage(TopLevel Level, long Leases, long DeadLetters)
{
    public static TopStage Read(JsonElement stage) =>
        new(
            TopLevel.Read(stage, "stage"),
            stage.GetProperty("leases").GetInt64(),
            stage.GetProperty("deadLetters").GetInt64()
        );
}

/// <summary>The numbers of one source.</summary>
sealed record TopSource(TopLevel Level, BackpressureSignal Signal, long Credits)
{
    public static TopSource Read(JsonElement source) =>
        new(TopLevel.Read(source, "source"), ReadSignal(source), source.GetProperty("credits").GetInt64());

    public static BackpressureSignal ReadSignal(JsonElement signal) =>
        signal.GetProperty("signal").GetString() switch
        {
            "Pause" => BackpressureSignal.Pause,
            "SlowDown" => BackpressureSignal.SlowDown(
                TimeSpan.FromMilliseconds(signal.GetProperty("delayMs").GetInt64())
            ),
            _ => BackpressureSignal.None,
        };
}
