using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>The data that a view shows at one moment; views only draw it.</summary>
/// <param name="Elapsed">The time since the start.</param>
/// <param name="Stages">The stages in the pipeline's order.</param>
/// <param name="Sources">The sources in the order in which they were given.</param>
/// <param name="Overall">The numbers of the whole run.</param>
sealed record Frame(
    TimeSpan Elapsed,
    IReadOnlyList<StageRow> Stages,
    IReadOnlyList<SourceRow> Sources,
    OverallRow Overall
)
{
    /// <summary>Gets sentences about current problems.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Gets the stages that are paused because they fail as a whole.</summary>
    public IReadOnlyList<StagePause> Paused { get; init; } = [];
}

/// <summary>The numbers of one stage.</summary>
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

/// <summary>The numbers of one source.</summary>
sealed record SourceRow(string Name, BackpressureSignal Signal, long Credits, long Lines, bool AtEnd);

/// <summary>The numbers of the whole run.</summary>
/// <param name="LinesRead">Lines read.</param>
/// <param name="LinesWritten">Lines written.</param>
/// <param name="BytesRead">Bytes read.</param>
/// <param name="BytesDone">Bytes read and no longer in the buffers.</param>
/// <param name="BytesTotal">Total bytes; null when a source's size is not known.</param>
/// <param name="TimeLeft">Estimated time left; null when it is not known.</param>
sealed record OverallRow(
    long LinesRead,
    long LinesWritten,
    long BytesRead,
    long BytesDone,
    long? BytesTotal,
    TimeSpan? TimeLeft
)
{
    /// <summary>Gets the fraction done, from 0 to 1; null when it is not known.</summary>
    public double? Share =>
        BytesTotal is { } total
            ? total == 0
                ? 1
                : Math.Clamp((double)BytesDone / total, 0, 1)
            : null;
}
