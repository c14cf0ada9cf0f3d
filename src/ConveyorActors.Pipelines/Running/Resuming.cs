using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Sinks;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// Goes on where an earlier run stopped, however it stopped, when the buffers are kept on disk. Otherwise every run is
/// the first.
/// </summary>
/// <remarks>
/// What is kept is told in an order in which none of it can be missing but by damage: the sink's mark before anything
/// else, a source's position before what the source is known by, and both before its first line. So where one is
/// missing that should be there, the run is refused, and nothing is guessed.
/// </remarks>
sealed class Resuming(IBufferService buffers, PipelineDefinition definition, RunControl control)
{
    /// <summary>
    /// The text before the number of a file that has been read, in the key of the checkpoint with its source's name.
    /// </summary>
    public const string FileKey = "file ";

    const string SourceKey = "source ",
        ReadKey = "read ";
    const string AnewAdvice =
        "Take out what waits with 'conveyor drain', and begin anew with another data directory and another sink";

    readonly List<(LineSource Source, bool IsNew)> toNote = [];

    /// <summary>
    /// The names of sources that are not in the definition: patterns matched their files in an earlier run.
    /// </summary>
    public IReadOnlyList<string> MoreSources { get; set; } = [];

    HashSet<string> known = [];
    SinkMark? sinkMark;

    /// <summary>True when an earlier run has begun.</summary>
    public bool HasBegun => sinkMark is not null;

    /// <summary>
    /// Insists that everything that waits from before has a place in this pipeline, and that it is known where the run
    /// before wrote.
    /// </summary>
    public async ValueTask<PipelineSnapshot> CheckAsync()
    {
        var snapshot = await buffers.GetSnapshotAsync(definition.Name).ConfigureAwait(false);
        if (!buffers.IsDurable)
            return snapshot;
        foreach (var stage in snapshot.Stages)
        {
            if (
                stage.Level.Pending == 0
                || stage.Stage == PipelineRunner.SinkStage
                || definition.Stages.Any(s => s.Name == stage.Stage)
            )
                continue;
            throw new PipelineInputException(
                $"{stage.Level.Pending} records of an earlier run wait for the stage '{stage.Stage}', which this pipeline does not have. "
                    + "Bring the stage back, or take them out with 'conveyor drain'"
            );
        }
        await CheckIsSamePipelineAsync(snapshot.Total).ConfigureAwait(false);
        known = [.. snapshot.Sources.Where(s => s.Level.Accepted > 0).Select(s => s.Source)];
        var noted = await buffers.GetCheckpointAsync(definition.Name, SinkMark.Key).ConfigureAwait(false);
        sinkMark = noted is null ? null : SinkMark.Parse(noted);
        if (sinkMark is null && (noted is not null || snapshot.Total.Accepted > 0))
            throw new PipelineInputException(
                $"an earlier run has worked here, and how far it had written its sink is not to be found any more: to write '{definition.Sink.Path}' now could double or destroy lines. {AnewAdvice}"
            );
        return snapshot;
    }

    /// <summary>What waits was on its way through one pipeline, and must not end in another by mistake.</summary>
    async ValueTask CheckIsSamePipelineAsync(LevelSnapshot total)
    {
        var noted = await buffers.GetCheckpointAsync(definition.Name, KeptPipeline.CheckpointKey).ConfigureAwait(false);
        if (total is { Pending: 0, Used: 0 } || definition.AcceptChanges || KeptPipeline.Parse(noted) is not { } before)
            return;
        if (before.DifferencesTo(KeptPipeline.Of(definition)) is { Count: > 0 } differences)
            throw new PipelineInputException(
                $"{total.Pending} records of an earlier run wait, and this is another pipeline than theirs: {string.Join("; ", differences)}. "
                    + "Run what was run, take them out with 'conveyor drain', or let them go on through this pipeline with '--changed accept'"
            );
    }

    /// <summary>Puts a source where it stood.</summary>
    public async ValueTask GoOnAsync(LineSource source)
    {
        if (!buffers.IsDurable || source.File is null)
            return;
        if (
            await buffers.GetCheckpointAsync(definition.Name, FollowCheckpoint.KeyOf(source.Name)).ConfigureAwait(false)
            is not null
        )
            throw new PipelineInputException(
                $"source '{source.Path}' was followed by an earlier run, and what it has left may be in files that it was renamed to. Go on with --follow"
            );
        var noted = await buffers.GetCheckpointAsync(definition.Name, SourceKey + source.Name).ConfigureAwait(false);
        var position = await buffers.GetPositionAsync(definition.Name, source.Name).ConfigureAwait(false);
        if (noted is null && position is null or { Offset: 0 } && !known.Contains(source.Name))
        {
            if (sinkMark is null && position is not null)
                throw Lost(source.Path, "where that run wrote");
            await CheckIsNotKnownAsync(source).ConfigureAwait(false);
            toNote.Add((source, IsNew: true));
            return;
        }
        if (sinkMark is null)
            throw Lost(source.Path, "where that run wrote");
        if (noted is null || FileIdentity.Parse(noted) is not { } identity)
            throw Lost(source.Path, "what the file was known by");
        var mark = ReadMark.Parse(
            await buffers.GetCheckpointAsync(definition.Name, ReadKey + source.Name).ConfigureAwait(false)
        );
        if (
            !source.GoOn(
                position ?? throw Lost(source.Path, "how far"),
                identity,
                mark,
                LineEnd,
                definition.AcceptChanges
            )
        )
        {
            toNote.Add((source, IsNew: true));
            return;
        }
        // A file that was short is known better now.
        if (source.Identity.Length > identity.Length)
            toNote.Add((source, IsNew: false));
    }

    /// <summary>
    /// Returns where a source that is followed now had been read up to by runs that did not follow it; null: no run has
    /// read it.
    /// </summary>
    public async ValueTask<FollowedPlace?> ReadBeforeAsync(SourceDefinition source)
    {
        var noted = await buffers.GetCheckpointAsync(definition.Name, SourceKey + source.Name).ConfigureAwait(false);
        var position = await buffers.GetPositionAsync(definition.Name, source.Name).ConfigureAwait(false);
        var isNew = noted is null && position is null or { Offset: 0 } && !known.Contains(source.Name);
        if (sinkMark is null && (!isNew || position is not null))
            throw Lost(source.Path, "where that run wrote");
        if (isNew)
            return null;
        if (noted is null || FileIdentity.Parse(noted) is not { } identity)
            throw Lost(source.Path, "what the file was known by");
        var offset = position?.Offset ?? throw Lost(source.Path, "how far");
        var mark = ReadMark.Parse(
            await buffers.GetCheckpointAsync(definition.Name, ReadKey + source.Name).ConfigureAwait(false)
        );
        return new(offset, identity, mark?.Offset <= offset ? mark : null);
    }

    /// <summary>Opens the sink as the run before left it, and takes note of what begins now.</summary>
    public async ValueTask<SinkOutput> OpenSinkAsync()
    {
        if (!buffers.IsDurable)
            return SinkOutput.Open(definition.Sink, lineEnd: LineEnd);
        if (sinkMark is not null && sinkMark.Path != SinkPath)
            throw new PipelineInputException(
                $"sink '{definition.Sink.Path}' is not where an earlier run wrote: that was {(sinkMark.Path == "-" ? "standard output" : $"'{sinkMark.Path}'")}. Use that, or begin anew with another data directory"
            );
        return await SinkOutput
            .OpenKeptAsync(definition.Sink, sinkMark, Waiting ?? Peeked, control.Warn, LineEnd, PlanPath)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Takes note of what begins now, and takes off the sink what was never settled. From here on the run has begun.
    /// </summary>
    public async ValueTask BeginAsync(SinkOutput output)
    {
        if (buffers.IsDurable)
        {
            // Before anything is written or taken off: the next run must know that what is in the file is ours.
            await buffers.SetCheckpointAsync(definition.Name, SinkCheckpoint(output)).ConfigureAwait(false);
            await buffers
                .SetCheckpointAsync(definition.Name, new Checkpoint(KeptPipeline.CheckpointKey, KeptNow.ToString()))
                .ConfigureAwait(false);
            if (!await buffers.FlushAsync(definition.Name).ConfigureAwait(false))
                throw new PipelineInputException(
                    "nothing can be written to the data directory, and so nothing that the run does could be kept"
                );
            output.Begin();
            await NoteSourcesAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How far the sink has got.</summary>
    public Checkpoint SinkCheckpoint(SinkOutput output, bool isOpen = true) =>
        new(SinkMark.Key, output.Mark(SinkPath, isOpen).ToString());

    /// <summary>The dead letters of earlier runs that the buffers have kept.</summary>
    public async ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync()
    {
        if (!buffers.IsDurable)
            return [];
        var snapshot = await buffers.GetSnapshotAsync(definition.Name).ConfigureAwait(false);
        var letters = new List<DeadLetter<ConveyorRecord>>();
        foreach (var stage in snapshot.Stages)
            if (stage.DeadLetters > 0)
                letters.AddRange(
                    await buffers
                        .GetDeadLettersAsync(definition.Name, stage.Stage, stage.DeadLetters)
                        .ConfigureAwait(false)
                );
        return letters;
    }

    /// <summary>
    /// All records that wait for the sink, read from the disk where they are not in memory; null: those in memory are
    /// all there are.
    /// </summary>
    public Func<IEnumerable<ReadOnlyMemory<byte>>>? Waiting { get; set; }

    /// <summary>Where it is kept what is about to be written to the sink; null: nowhere.</summary>
    public string? PlanPath { get; set; }

    IEnumerable<ReadOnlyMemory<byte>> Peeked() =>
        buffers
            .PeekAsync(definition.Name, PipelineRunner.SinkStage, 1_000_000)
            .AsTask()
            .GetAwaiter()
            .GetResult()
            .Select(r => r.Record.Payload);

    /// <summary>What the bytes before a place in a source are that has been read up to there.</summary>
    public ValueTask MarkAsync(LineSource source, ReadMark read) =>
        buffers.IsDurable
            ? buffers.SetCheckpointAsync(definition.Name, new Checkpoint(ReadKey + source.Name, read.ToString()))
            : default;

    /// <summary>
    /// The run is over, and nothing is in the sink that is not settled: from here on nobody may take anything off it.
    /// </summary>
    public async ValueTask CloseSinkAsync(SinkOutput output)
    {
        if (buffers.IsDurable && output.IsWhole)
            await buffers
                .SetCheckpointAsync(definition.Name, SinkCheckpoint(output, isOpen: false))
                .ConfigureAwait(false);
    }

    KeptPipeline KeptNow =>
        KeptPipeline.Of(definition) is var kept && MoreSources.Count == 0
            ? kept
            : kept with
            {
                Sources = [.. kept.Sources, .. MoreSources],
            };

    byte LineEnd => definition.NullTerminated ? LineReader.Null : LineReader.Newline;

    string SinkPath => definition.Sink.Path == "-" ? "-" : Path.GetFullPath(definition.Sink.Path);

    async ValueTask NoteSourcesAsync()
    {
        foreach (var (source, isNew) in toNote)
        {
            if (isNew)
            {
                await buffers
                    .SetCheckpointAsync(definition.Name, new Checkpoint(ReadKey + source.Name, ReadMark.None))
                    .ConfigureAwait(false);
                await buffers.SetPositionAsync(definition.Name, source.Name, default).ConfigureAwait(false);
            }
            var identity = source.Identity;
            await buffers
                .SetCheckpointAsync(definition.Name, new Checkpoint(SourceKey + source.Name, identity.ToString()))
                .ConfigureAwait(false);
            if (identity.Number != FileIdentity.NoNumber)
                await buffers
                    .SetCheckpointAsync(definition.Name, new Checkpoint(FileKey + identity.Number, source.Name))
                    .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The same file under another name, were it another way to write its path, would go through a second time.
    /// </summary>
    async ValueTask CheckIsNotKnownAsync(LineSource source)
    {
        var pipeline = definition.Name;
        if (
            await buffers.GetCheckpointAsync(pipeline, FileKey + source.Identity.Number).ConfigureAwait(false)
            is not { } name
        )
            return;
        if (name == source.Name || definition.Sources.Any(s => s.Name == name))
            return;
        if (await buffers.GetPositionAsync(pipeline, name).ConfigureAwait(false) is null or { Offset: 0 })
            return;
        if (await buffers.GetCheckpointAsync(pipeline, SourceKey + name).ConfigureAwait(false) is not { } noted)
            return;
        if (FileIdentity.Parse(noted) is not { } identity || !source.IsKnownBy(identity))
            return;
        throw new PipelineInputException(
            $"source '{source.Path}' is the file that an earlier run read as '{name}', and all of its lines would go through again. "
                + $"Call it that; a pipeline file can: {{ \"name\": \"{name}\", \"path\": \"{source.Path}\" }}"
        );
    }

    /// <summary>The error of a run that cannot know where a source stands.</summary>
    /// <param name="path">The source's path.</param>
    /// <param name="what">What is missing.</param>
    public static PipelineInputException Lost(string path, string what) =>
        new(
            $"source '{path}' was read by an earlier run, and {what} is not to be found any more: to read it now could double or lose lines. {AnewAdvice}"
        );
}
