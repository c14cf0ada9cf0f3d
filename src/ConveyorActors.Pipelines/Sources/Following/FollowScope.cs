using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The state that the followed sources of a run share: which source each file belongs to, so that a renamed file is not
/// read by two sources.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class FollowScope(RunContext run, SourceHistory history, HeaderRegistry? headers)
{
    /// <summary>Gets the history, which has how far earlier runs have read the sources.</summary>
    public SourceHistory History { get; } = history;

    /// <summary>Gets the sources' headers; null: sources have no headers.</summary>
    public HeaderRegistry? Headers { get; } = headers;

    readonly ConcurrentDictionary<string, string> owners = new(StringComparer.Ordinal);

    /// <summary>Gets or sets the files with another use in this run. Set before any source is followed.</summary>
    public IReadOnlyList<FileRole> Others { get; set; } = [];

    /// <summary>Gets or sets the function that is called with each report as it happens.</summary>
    public Action<string>? Reported { get; set; }

    /// <summary>Reports lost data, or a situation in which it is not known whether data was lost.</summary>
    public void Report(string what)
    {
        run.Control.Warn(what);
        Reported?.Invoke(what);
    }

    /// <summary>
    /// Returns the name of the source that reads or has read a file, in this run or an earlier one; null: none.
    /// </summary>
    public async ValueTask<string?> FindOwnerAsync(string number)
    {
        if (owners.TryGetValue(number, out var owner))
            return owner;
        return run.Buffers.IsDurable
            ? await run.Buffers.GetCheckpointAsync(run.Pipeline, SourceHistory.FileKey + number).ConfigureAwait(false)
            : null;
    }

    /// <summary>Assigns a file to a source. Returns false if it belongs to another source.</summary>
    public bool Claim(string number, string source) => owners.GetOrAdd(number, source) == source;

    /// <summary>
    /// Assigns a file to a source because it is a copy of data that the source has read, so that no other source reads
    /// it.
    /// </summary>
    public ValueTask ClaimCopyAsync(string number, string source) =>
        Claim(number, source) ? StoreAsync(number, source) : default;

    /// <summary>
    /// Returns whether a file that newly matches a pattern is a copy of a file that another source follows. A copy is
    /// reported once and assigned to that source.
    /// </summary>
    public async ValueTask<bool> IsCopyAsync(string path, string number, IEnumerable<FollowReader> readers)
    {
        if (readers.FirstOrDefault(r => r.Path != path && r.IsCopy(path)) is not { } original)
            return false;
        Report(
            $"'{path}' was created next to '{original.Path}' and begins with the same bytes: it is treated as a copy, and is not read"
        );
        await ClaimCopyAsync(number, original.Name).ConfigureAwait(false);
        return true;
    }

    /// <summary>Stores that a file belongs to a source.</summary>
    public ValueTask StoreAsync(string number, string source) =>
        run.Buffers.IsDurable
            ? run.Buffers.SetCheckpointAsync(run.Pipeline, new Checkpoint(SourceHistory.FileKey + number, source))
            : default;

    /// <summary>Returns the other use of a file in this run; null: none.</summary>
    public FileRole? FindOtherUse(string path) =>
        FileId.Find(path) is { } id ? Others.FirstOrDefault(o => o.Id == id) : null;
}
