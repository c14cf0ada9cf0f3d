using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Reads how far earlier runs have read the sources, if the buffers are kept on disk, and stores how far this run has.
/// </summary>
/// <remarks>
/// A source's position is stored before the identity of its file, and both before the first line. A missing part thus
/// means damage: the run is refused, and nothing is guessed.
/// </remarks>
sealed class SourceHistory(RunContext run)
{
    /// <summary>
    /// The prefix of checkpoint keys with the number of a file that has been read; the value is the source's name.
    /// </summary>
    public const string FileKey = "file ";

    const string SourceKey = "source ",
        ReadKey = "read ";

    readonly IBufferService buffers = run.Buffers;
    readonly PipelineDefinition definition = run.Definition;
    readonly EarlierRun earlier = run.Earlier;
    readonly List<(LineSource Source, bool IsNew)> toStore = [];

    /// <summary>Moves a source to the position where an earlier run stopped.</summary>
    public async ValueTask ResumeAsync(LineSource source)
    {
        if (!buffers.IsDurable || source.File is null)
            return;
        if (
            await buffers
                .GetCheckpointAsync(definition.Name, FollowCheckpoint.GetKey(source.Name))
                .ConfigureAwait(false)
            is not null
        )
            throw new PipelineInputException(
                $"source '{source.Path}' was followed by an earlier run, and its remaining lines may be in files that it was renamed to. Continue with --follow"
            );
        var stored = await buffers.GetCheckpointAsync(definition.Name, SourceKey + source.Name).ConfigureAwait(false);
        var position = await buffers.GetPositionAsync(definition.Name, source.Name).ConfigureAwait(false);
        if (stored is null && position is null or { Offset: 0 } && !earlier.HasSource(source.Name))
        {
            if (!earlier.HasBegun && position is not null)
                throw EarlierRun.CreateLostError(source.Path, "the location of that run's sink");
            await CheckIsNotKnownAsync(source).ConfigureAwait(false);
            toStore.Add((source, IsNew: true));
            return;
        }
        if (!earlier.HasBegun)
            throw EarlierRun.CreateLostError(source.Path, "the location of that run's sink");
        if (stored is null || FileIdentity.Parse(stored) is not { } identity)
            throw EarlierRun.CreateLostError(source.Path, "the file's identity");
        var mark = ReadMark.Parse(
            await buffers.GetCheckpointAsync(definition.Name, ReadKey + source.Name).ConfigureAwait(false)
        );
        if (
            !source.ResumeAt(
                position ?? throw EarlierRun.CreateLostError(source.Path, "its position"),
                identity,
                mark,
                run.LineEnd,
                definition.AcceptChanges
            )
        )
        {
            toStore.Add((source, IsNew: true));
            return;
        }
        // The file was short, and more of its first bytes are known now.
        if (source.Identity.Length > identity.Length)
            toStore.Add((source, IsNew: false));
    }

    /// <summary>
    /// Returns how far earlier runs had read a source that they did not follow and this run follows; null: no run has
    /// read it.
    /// </summary>
    public async ValueTask<FollowedPlace?> ReadBeforeAsync(SourceDefinition source)
    {
        var stored = await buffers.GetCheckpointAsync(definition.Name, SourceKey + source.Name).ConfigureAwait(false);
        var position = await buffers.GetPositionAsync(definition.Name, source.Name).ConfigureAwait(false);
        var isNew = stored is null && position is null or { Offset: 0 } && !earlier.HasSource(source.Name);
        if (!earlier.HasBegun && (!isNew || position is not null))
            throw EarlierRun.CreateLostError(source.Path, "the location of that run's sink");
        if (isNew)
            return null;
        if (stored is null || FileIdentity.Parse(stored) is not { } identity)
            throw EarlierRun.CreateLostError(source.Path, "the file's identity");
        var offset = position?.Offset ?? throw EarlierRun.CreateLostError(source.Path, "its position");
        var mark = ReadMark.Parse(
            await buffers.GetCheckpointAsync(definition.Name, ReadKey + source.Name).ConfigureAwait(false)
        );
        return new(offset, identity, mark?.Offset <= offset ? mark : null);
    }

    /// <summary>Stores a mark of the bytes up to which a source has been read.</summary>
    public ValueTask MarkAsync(LineSource source, ReadMark read) =>
        buffers.IsDurable
            ? buffers.SetCheckpointAsync(definition.Name, new Checkpoint(ReadKey + source.Name, read.ToString()))
            : default;

    /// <summary>Stores the identities of the source files. Must be called after the sink's mark is stored.</summary>
    public async ValueTask StoreAsync()
    {
        foreach (var (source, isNew) in toStore)
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
    /// Checks that an earlier run did not read the same file under another source name, since its lines would pass
    /// through a second time.
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
        if (await buffers.GetCheckpointAsync(pipeline, SourceKey + name).ConfigureAwait(false) is not { } stored)
            return;
        if (FileIdentity.Parse(stored) is not { } identity || !source.IsKnownBy(identity))
            return;
        throw new PipelineInputException(
            $"source '{source.Path}' is the file that an earlier run read as '{name}', so all of its lines would go through again. "
                + $"Give the source that name, in a pipeline file: {{ \"name\": \"{name}\", \"path\": \"{source.Path}\" }}"
        );
    }
}
