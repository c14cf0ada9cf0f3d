using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The files of one followed source: the current one, earlier ones to which something may still be added, and later
/// ones that are already open.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FollowedFiles(RunContext run, FollowScope scope, SourceDefinition source, FollowStart start) : IDisposable
{
    /// <summary>Maximum number of later files that are open before their turn; others wait unopened.</summary>
    const int MaxLater = 16;

    readonly List<FollowedFile> earlier = [.. start.Earlier];
    readonly Queue<FollowedFile> later = new();
    readonly HashSet<string> reported = new(StringComparer.Ordinal);
    volatile FollowedFile? current = start.Current;
    FollowedFile? newest = start.Newest is { } last
        ? start.Earlier.Prepend(start.Current).FirstOrDefault(f => f?.Identity.Number == last.Identity.Number)
        : start.Current;

    FollowedPlace? gone = start.Newest;

    /// <summary>Gets the newest file so far, even if an earlier run had read it and it is gone.</summary>
    FollowedPlace? Newest => newest?.Place ?? gone;

    /// <summary>Gets the file being read; null: there is none yet. Safe for use by many threads.</summary>
    public FollowedFile? Current => current;

    /// <summary>Gets the earlier files, in the order in which they were left.</summary>
    public IReadOnlyList<FollowedFile> Earlier => earlier;

    /// <summary>
    /// Gets the number of the newest file in the directory that is named like a rotated file of this source but is
    /// none; null: there was none.
    /// </summary>
    public string? Since { get; private set; } = start.Since;

    /// <summary>
    /// Gets the newest file if it is among the earlier files, because an older file is being read now; otherwise null.
    /// </summary>
    public FollowedFile? NewestEarlier => newest is { } file && earlier.Contains(file) ? file : null;

    /// <summary>Gets the next file; null: there is none.</summary>
    public FollowedFile? Next => later.Count > 0 ? later.Peek() : null;

    /// <summary>
    /// Gets whether newer files than the current one exist, so that it is complete except for late additions.
    /// </summary>
    public bool HasLater => later.Count > 0;

    /// <summary>Makes another file the current one.</summary>
    public void MoveTo(FollowedFile file)
    {
        if (current is { } left)
        {
            left.LastRead = run.Clock.GetTimestamp();
            earlier.Add(left);
        }
        earlier.Remove(file);
        file.LastRead = run.Clock.GetTimestamp();
        current = file;
    }

    /// <summary>Removes the next file from the later files and returns it.</summary>
    public FollowedFile TakeNext() => later.Dequeue();

    /// <summary>
    /// Excludes copies of the current file, which was truncated: files with a rotated name that begin as it did.
    /// </summary>
    public void LeaveCopiesOut(FileIdentity before) =>
        Since = RotatedFiles.FindNewestNumber([Since, RotatedFiles.FindNewest(source.Path, before)]);

    /// <summary>Stops reading the current file, which was deleted; another file may appear at its path.</summary>
    public void Leave()
    {
        (gone, var file) = (Newest, current);
        (current, newest) = (null, newest == file ? null : newest);
        file?.Dispose();
    }

    /// <summary>Closes an earlier file and no longer checks it.</summary>
    public void Forget(FollowedFile file)
    {
        earlier.Remove(file);
        file.Dispose();
    }

    /// <summary>Returns whether the file is at the source's path.</summary>
    public bool IsAtPath(FollowedFile file) => FileId.FindNumber(source.Path) == file.Identity.Number;

    /// <summary>
    /// Opens the files that have appeared at the path since the newest known file, including those that were renamed in
    /// the meantime.
    /// </summary>
    public async ValueTask FindNewAsync()
    {
        if (later.Count == MaxLater)
            return;
        var number = FileId.FindNumber(source.Path);
        if (Newest is not { } last)
        {
            if (number is not null)
                await AddAsync(source.Path, number, null).ConfigureAwait(false);
            return;
        }
        if (number == last.Identity.Number || FindBetween(last, number) is not { } between)
            return;
        foreach (var file in between)
        {
            if (later.Count == MaxLater)
                return;
            // A file that is being renamed is found the next time; files after it must not be read before it.
            if (
                await scope.FindOwnerAsync(file.Number).ConfigureAwait(false) is null
                && !await AddAsync(file.Path, file.Number, last).ConfigureAwait(false)
            )
                return;
        }
        if (number is not null && later.Count < MaxLater)
            await AddAsync(source.Path, number, last).ConfigureAwait(false);
    }

    public void Dispose()
    {
        current?.Dispose();
        foreach (var file in earlier)
            file.Dispose();
        foreach (var file in later)
            file.Dispose();
    }

    /// <summary>
    /// Returns the files that were at the path between two others; null: files are being renamed at the moment, and one
    /// could be missing.
    /// </summary>
    IReadOnlyList<RotatedFile>? FindBetween(FollowedPlace last, string? number)
    {
        var found = RotatedFiles.FindBetween(source.Path, last.Identity.Number, Since, number);
        var again = RotatedFiles.FindBetween(source.Path, last.Identity.Number, Since, number);
        return found.SequenceEqual(again) && FileId.FindNumber(source.Path) == number ? found : null;
    }

    /// <summary>
    /// Opens a file for its turn, if it belongs to the source. Returns false if that must be tried again.
    /// </summary>
    async ValueTask<bool> AddAsync(string path, string number, FollowedPlace? before)
    {
        if (scope.FindOtherUse(path) is { } other)
        {
            Report(number, $"'{path}' is the {other.Name} now, and is not read");
            return true;
        }
        if (FollowCheck.Validate(path) is { } why)
        {
            Report(number, why);
            return true;
        }
        if (await scope.FindOwnerAsync(number).ConfigureAwait(false) is { } owner)
        {
            if (owner != source.Name && !source.IsMatch)
                Report(number, $"the file that is now '{path}' was read as '{owner}' and is not read again");
            else if (owner == source.Name && !IsOpen(number))
                Report(
                    number,
                    $"the file that is now '{path}' was read before and was put back: data added to it since is not read"
                );
            return true;
        }
        if (Open(path, number, out var isUnreadable) is not { } file)
            return isUnreadable;
        if (before is not null && path != source.Path && before.Identity.HasSameStart(file.Handle))
        {
            Report(
                number,
                $"'{path}' was created next to '{source.Path}' and begins with the same bytes: it is treated as a copy, and is not read"
            );
            file.Dispose();
            return true;
        }
        if (
            before is { Mark: { Length: > 0 } mark }
            && before.Identity.HasSameStart(file.Handle)
            && mark.Matches(file.Handle)
        )
            Report(
                number,
                $"'{path}' is now a different file that begins with bytes already read: if it is a copy of the earlier file, its first {Quantity.Format(mark.Offset, "byte")} {(mark.Offset == 1 ? "comes" : "come")} twice"
            );
        scope.Claim(number, source.Name);
        later.Enqueue(file);
        newest = file;
        return true;
    }

    bool IsOpen(string number) =>
        current?.Identity.Number == number || earlier.Concat(later).Any(f => f.Identity.Number == number);

    /// <summary>Opens a file. Returns null if it is gone or was replaced; the next check finds the new one.</summary>
    FollowedFile? Open(string path, string number, out bool isUnreadable)
    {
        isUnreadable = false;
        try
        {
            var file = FollowedFile.Open(run, path);
            if (file.Identity.Number == number)
                return file;
            file.Dispose();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The file was renamed in the meantime.
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            isUnreadable = true;
            Report(number, $"'{path}' cannot be read: {Failures.DescribeReason(e, path)}");
        }
        return null;
    }

    void Report(string number, string what)
    {
        if (reported.Add(number))
            scope.Report(what);
    }
}
