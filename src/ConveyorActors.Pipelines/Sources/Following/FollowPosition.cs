using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// Where a followed source stands, in bytes over all of its files, and what is stored of it for a later run.
/// </summary>
/// <remarks>One thread.</remarks>
sealed class FollowPosition
{
    /// <summary>
    /// How often it is stored what was read. Lines bring their positions along; this is what the file is known by.
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
    /// <param name="scope">What followed sources share.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="files">The source's files.</param>
    /// <param name="start">Where the source begins.</param>
    public FollowPosition(RunContext run, FollowScope scope, string source, FollowedFiles files, FollowStart start)
    {
        (this.run, this.scope, this.source, this.files) = (run, scope, source, files);
        begun = start.Position;
        startOffset = start.Current?.Offset ?? 0;
        start.Current?.Reader.Renumber(begun.Number);
    }

    /// <summary>Gets whether it is time to store again what was read.</summary>
    public bool IsStoreDue => run.Clock.GetElapsedTime(storedAt) >= StoreInterval;

    /// <summary>Returns where the source is: bytes over all of its files, and lines.</summary>
    public SourcePosition At(FollowedFile file, long offset) =>
        new(begun.Offset + (offset - startOffset), file.Reader.Position.Number);

    /// <summary>Notes that another file, or the same from its beginning, is read after this.</summary>
    public void Leave(FollowedFile file) => begun = At(file, file.Offset);

    /// <summary>Counts on in a file from the place where it stands.</summary>
    public async ValueTask BeginAtAsync(FollowedFile file)
    {
        startOffset = file.Offset;
        file.Reader.Renumber(begun.Number);
        // Before the checkpoint that names the file, so that the position is never before the checkpoint's.
        if (run.Buffers.IsDurable)
            await run.Buffers.SetPositionAsync(run.Pipeline, source, begun).ConfigureAwait(false);
        await StoreFileAsync(file).ConfigureAwait(false);
    }

    /// <summary>Stores where the source stands, and that a file is this source's.</summary>
    public async ValueTask StoreFileAsync(FollowedFile file)
    {
        await StoreAsync().ConfigureAwait(false);
        await scope.NoteAsync(file.Identity.Number, source).ConfigureAwait(false);
    }

    /// <summary>Stores where the source stands, if that has changed.</summary>
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
            .Buffers.SetCheckpointAsync(run.Pipeline, new Checkpoint(FollowCheckpoint.KeyOf(source), checkpoint))
            .ConfigureAwait(false);
        lastStored = checkpoint;
    }
}
