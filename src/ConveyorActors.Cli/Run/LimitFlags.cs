using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// The options of <c>conveyor run</c> that limit the contents of the pipeline, the memory and the length of a line.
/// </summary>
sealed class LimitFlags
{
    readonly Flag maxTotal = Flag.CreateSingle(
        "--max-total",
        "N",
        "Maximum lines in the whole pipeline. Default: 200,000",
        Values.Records
    );
    readonly Flag maxPerStage = Flag.CreateSingle(
        "--max-per-stage",
        "N",
        "Maximum lines waiting or in progress at one stage. Default: 100,000",
        Values.Records
    );
    readonly Flag maxPerSource = Flag.CreateSingle(
        "--max-per-source",
        "N",
        "Maximum lines of one source in the pipeline. Default: 200,000 divided by the number of sources, at least 5,000",
        Values.Records
    );
    readonly Flag maxBytes = Flag.CreateSingle(
        "--max-bytes",
        "SIZE",
        "Maximum bytes of lines in the whole pipeline. Default: 64MiB",
        Values.Bytes
    );
    readonly Flag maxInMemory = Flag.CreateSingle(
        "--max-in-memory",
        "SIZE",
        "With --data: maximum bytes of waiting lines in memory, counting 128 more for each line. Further lines are only in DIR and are loaded when they are next. Default: 64MiB",
        Values.Bytes
    );
    readonly Flag maxResults = Flag.CreateSingle(
        "--max-results",
        "SIZE",
        "Maximum bytes that one command may write for its batch, counting 24 more for each line; a longer output fails the batch. Default: as --max-bytes, at least 64MiB",
        Values.Bytes
    );
    readonly Flag threshold = Flag.CreateSingle(
        "--threshold",
        "FILL",
        "The fill at which sources are paused; they resume at three quarters of it. Default: 0.8",
        Values.Threshold
    );
    readonly Flag maxLine = Flag.CreateSingle(
        "--max-line",
        "SIZE",
        "The longest line; a longer one is reported and goes to the dead letters. Default: 1MiB",
        Values.Line
    );

    /// <summary>Gets the options in the order in which the help shows them.</summary>
    public IReadOnlyList<Option> All =>
        [maxTotal, maxPerStage, maxPerSource, maxBytes, maxInMemory, maxResults, threshold, maxLine];

    /// <summary>Returns a draft with the given limits.</summary>
    public PipelineDraft ReadInto(PipelineDraft draft, ParseResult parsed, InputErrors inputErrors) =>
        draft with
        {
            MaxTotal = maxTotal.Read(parsed, Values.Records, inputErrors),
            MaxPerStage = maxPerStage.Read(parsed, Values.Records, inputErrors),
            MaxPerSource = maxPerSource.Read(parsed, Values.Records, inputErrors),
            MaxBytes = maxBytes.Read(parsed, Values.Bytes, inputErrors),
            MaxInMemory = maxInMemory.Read(parsed, Values.Bytes, inputErrors),
            MaxResults = maxResults.Read(parsed, Values.Bytes, inputErrors),
            Threshold = threshold.Read(parsed, Values.Threshold, inputErrors),
            MaxLine = maxLine.Read(parsed, Values.Line, inputErrors),
        };
}
