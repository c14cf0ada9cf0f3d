using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// What the followed sources of a run share: which file is whose, so that a file that was renamed is not read by two of
/// them.
/// </summary>
/// <remarks>Safe for any thread.</remarks>
sealed class FollowScope(RunContext run, SourceHistory history, HeaderRegistry? headers)
{
    /// <summary>Gets how far earlier runs have read the sources.</summary>
    public SourceHistory History { get; } = history;

    /// <summary>Gets the sources' headers; null: they have none.</summary>
    public HeaderRegistry? Headers { get; } = headers;

    readonly ConcurrentDictionary<string, string> owners = new(StringComparer.Ordinal);

    /// <summary>Files with another use in this run. Set before anything is followed.</summary>
    public IReadOnlyList<FileRole> Others { get; set; } = [];

    /// <summary>Gets called with what is reported, as it happens.</summary>
    public Action<string>? Reported { get; set; }

    /// <summary>Tells people what cannot be told, or was lost.</summary>
    public void Report(string what)
    {
        run.Control.Warn(what);
        Reported?.Invoke(what);
    }

    /// <summary>
    /// Returns the name of the source that reads or has read a file, in this run or an earlier one; null: none.
    /// </summary>
    public async ValueTask<string?> OwnerAsync(string number)
    {
        if (owners.TryGetValue(number, out var owner))
            return owner;
        return run.Buffers.IsDurable
            ? await run.Buffers.GetCheckpointAsync(run.Pipeline, SourceHistory.FileKey + number).ConfigureAwait(false)
            : null;
    }

    /// <summary>Makes a file the source's. Returns false when it is another's.</summary>
    public bool Claim(string number, string source) => owners.GetOrAdd(number, source) == source;

    /// <summary>
    /// Makes a file the source's that is a copy of what the source has read: no other source reads it.
    /// </summary>
    public ValueTask ClaimCopyAsync(string number, string source) =>
        Claim(number, source) ? NoteAsync(number, source) : default;

    /// <summary>
    /// Finds out whether a file that has come to match a pattern is a copy of a file that another source follows; that
    /// is reported once, and the file is that source's then.
    /// </summary>
    public async ValueTask<bool> IsCopyAsync(string path, string number, IEnumerable<FollowReader> readers)
    {
        if (readers.FirstOrDefault(r => r.Path != path && r.IsCopy(path)) is not { } original)
            return false;
        Report(
            $"'{path}' was made beside '{original.Path}' and begins like it: it is taken for a copy, and is not read"
        );
        await ClaimCopyAsync(number, original.Name).ConfigureAwait(false);
        return true;
    }

    /// <summary>Keeps it that a file is the source's.</summary>
    public ValueTask NoteAsync(string number, string source) =>
        run.Buffers.IsDurable
            ? run.Buffers.SetCheckpointAsync(run.Pipeline, new Checkpoint(SourceHistory.FileKey + number, source))
            : default;

    /// <summary>Returns what else a file is used for; null: nothing.</summary>
    public FileRole? OtherUse(string path) => FileId.Of(path) is { } id ? Others.FirstOrDefault(o => o.Id == id) : null;
}
