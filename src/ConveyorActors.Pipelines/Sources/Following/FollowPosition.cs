using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The position of a followed source, in bytes over all of its files, and its storage for a later run.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FollowPosition
{
    /// <summary>
    /// The interval at which the state of the file is stored. Positions are stored with the lines themselves; this
    /// stores what identifies the file.
    /// </summary>
    static readonly TimeSpan StoreInterval = TimeSpan.FromMilliseconds(100);

    readonly RunContext run;
    readonly FollowScope scope;
    readonly string source;
    readonly FollowedFiles files;
    SourcePosition begun;
    string? lastStored;
    long startOffset,
        storedAt;

    /// <param name="run">The run.</param>
    /// <param name="scope">The state that followed sources share.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="files">The source's files.</param>
    /// <param name="start">The start of the source in this run.</param>
    public FollowPosition(RunContext run, FollowScope scope, string source, FollowedFiles files, FollowStart start)
    {
        (this.run, this.scope, this.source, this.files) = (run, scope, source, files);
        begun = start.Position;
        startOffset = start.Current?.Offset ?? 0;
        start.Current?.Reader.Renumber(begun.Number);
    }

    /// <summary>Gets whether it is time to store the state again.</summary>
    public bool IsStoreDue => run.Clock.GetElapsedTime(storedAt) >= StoreInterval;

    /// <summary>
    /// Returns the source's position for an offset in a file: bytes over all of its files, and lines.
    /// </summary>
    public SourcePosition GetPosition(FollowedFile file, long offset) =>
        new(begun.Offset + (offset - startOffset), file.Reader.Position.Number);

    /// <summary>
    /// Ends the counting in a file, because another file, or the same from its beginning, is read next.
    /// </summary>
    public void Leave(FollowedFile file) => begun = GetPosition(file, file.Offset);

    /// <summary>Continues counting in a file at its current offset.</summary>
    public async ValueTask BeginAtAsync(FollowedFile file)
    {
        startOffset = file.Offset;
        file.Reader.Renumber(begun.Number);
        // Stored before the checkpoint that names the file, so that the position is never before the checkpoint's base.
        if (run.Buffers.IsDurable)
            await run.Buffers.SetPositionAsync(run.Pipeline, source, begun).ConfigureAwait(false);
        await StoreFileAsync(file).ConfigureAwait(false);
    }

    /// <summary>Stores the state of the source, and that a file belongs to it.</summary>
    public async ValueTask StoreFileAsync(FollowedFile file)
    {
        await StoreAsync().ConfigureAwait(false);
        await scope.StoreAsync(file.Identity.Number, source).ConfigureAwait(false);
    }

    /// <summary>Stores the state of the source, if it has changed.</summary>
    public async ValueTask StoreAsync()
    {
        if (files.Current is not { } file)
            return;
        storedAt = run.Clock.GetTimestamp();
        file.Remember();
        if (!run.Buffers.IsDurable)
            return;
        var checkpoint = new FollowCheckpoint(
            begun.Offset,
            files.Since,
            new(startOffset, file.Identity, file.Mark),
            [.. files.Earlier.Select(e => e.Place)]
        ).ToString();
        if (checkpoint == lastStored)
            return;
        await run
            .Buffers.SetCheckpointAsync(run.Pipeline, new Checkpoint(FollowCheckpoint.GetKey(source), checkpoint))
            .ConfigureAwait(false);
        lastStored = checkpoint;
    }
}
