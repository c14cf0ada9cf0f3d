using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>What a view shows at one moment, already worked out: views only draw.</summary>
/// <param name="Elapsed">Time since the start.</param>
/// <param name="Stages">In the pipeline's order.</param>
/// <param name="Sources">In the order they were given.</param>
/// <param name="Overall">The whole run.</param>
sealed record Frame(
    TimeSpan Elapsed,
    IReadOnlyList<StageRow> Stages,
    IReadOnlyList<SourceRow> Sources,
    OverallRow Overall
)
{
    /// <summary>Sentences about what is out of the ordinary now.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The stages that are paused, because they fail as a whole.</summary>
    public IReadOnlyList<StagePause> Paused { get; init; } = [];
}

/// <summary>One stage.</summary>
sealed record StageRow(
    string Name,
    double Fill,
    long Buffered,
    long InFlight,
    long Done,
    double Rate,
    long Retries,
    long DeadLetters
);

/// <summary>One source.</summary>
sealed record SourceRow(string Name, BackpressureSignal Signal, long Credits, long Lines, bool AtEnd);

/// <summary>The whole run.</summary>
/// <param name="LinesRead">Lines read.</param>
/// <param name="LinesWritten">Lines written.</param>
/// <param name="BytesRead">Bytes read.</param>
/// <param name="BytesDone">Bytes read and not in the buffers any more.</param>
/// <param name="BytesTotal">Null when a source's size is not known.</param>
/// <param name="TimeLeft">Null when it cannot be told.</param>
sealed record OverallRow(
    long LinesRead,
    long LinesWritten,
    long BytesRead,
    long BytesDone,
    long? BytesTotal,
    TimeSpan? TimeLeft
)
{
    /// <summary>From 0 to 1; null when it cannot be told.</summary>
    public double? Share =>
        BytesTotal is { } total
            ? total == 0
                ? 1
                : Math.Clamp((double)BytesDone / total, 0, 1)
            : null;
}
