using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The files of one followed source: the one that is read, those before it to which something may still be added, and
/// those after it, open already.
/// </summary>
/// <remarks>One thread.</remarks>
sealed class FollowedFiles(RunContext run, FollowScope scope, SourceDefinition source, FollowStart start) : IDisposable
{
    /// <summary>Files that are open before their turn; others wait unopened.</summary>
    const int MostLater = 16;

    readonly List<FollowedFile> earlier = [.. start.Earlier];
    readonly Queue<FollowedFile> later = new();
    readonly HashSet<string> told = new(StringComparer.Ordinal);
    volatile FollowedFile? current = start.Current;
    FollowedFile? newest = start.Newest is { } last
        ? start.Earlier.Prepend(start.Current).FirstOrDefault(f => f?.Identity.Number == last.Identity.Number)
        : start.Current;

    FollowedPlace? gone = start.Newest;

    /// <summary>The newest file there was, also where an earlier run had read it and it is gone.</summary>
    FollowedPlace? Newest => newest?.Place ?? gone;

    /// <summary>The file that is read; null: there is none yet. From any thread.</summary>
    public FollowedFile? Current => current;

    /// <summary>Those before it, in the order in which they were left.</summary>
    public IReadOnlyList<FollowedFile> Earlier => earlier;

    /// <summary>
    /// The inode of the newest file in its directory that is named like a rotated file of this source and is none;
    /// null: there was none.
    /// </summary>
    public string? Since { get; private set; } = start.Since;

    /// <summary>The newest file, where that was read already and another one is read now.</summary>
    public FollowedFile? NewestEarlier => newest is { } file && earlier.Contains(file) ? file : null;

    /// <summary>The next file; null: there is none.</summary>
    public FollowedFile? Next => later.Count > 0 ? later.Peek() : null;

    /// <summary>
    /// Gets whether the file that is read is not the newest one, and so is over unless something is added late.
    /// </summary>
    public bool HasLater => later.Count > 0;

    /// <summary>Makes another file the one that is read.</summary>
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

    /// <summary>Returns the next file, which is not among those after the current one any more.</summary>
    public FollowedFile TakeNext() => later.Dequeue();

    /// <summary>The current file was cut short: what has such a name and begins as that did is a copy.</summary>
    public void LeaveCopiesOut(FileIdentity before) =>
        Since = RotatedFiles.Newest([Since, RotatedFiles.NewestBeside(source.Path, before)]);

    /// <summary>Reads no more in the current file, which was deleted; another one may come to its path.</summary>
    public void Leave()
    {
        (gone, var file) = (Newest, current);
        (current, newest) = (null, newest == file ? null : newest);
        file?.Dispose();
    }

    /// <summary>Looks no more at a file.</summary>
    public void Forget(FollowedFile file)
    {
        earlier.Remove(file);
        file.Dispose();
    }

    /// <summary>True while a file is at the path.</summary>
    public bool IsAtPath(FollowedFile file) => FileId.Number(source.Path) == file.Identity.Number;

    /// <summary>
    /// Opens what has come to the path since the newest file, and what was there in between and has been renamed
    /// already.
    /// </summary>
    public async ValueTask LookForNewAsync()
    {
        if (later.Count == MostLater)
            return;
        var number = FileId.Number(source.Path);
        if (Newest is not { } last)
        {
            if (number is not null)
                await AddAsync(source.Path, number, null).ConfigureAwait(false);
            return;
        }
        if (number == last.Identity.Number || Between(last, number) is not { } between)
            return;
        foreach (var file in between)
        {
            if (later.Count == MostLater)
                return;
            // One that was renamed just now is found the next time, and those after it must not be read before it.
            if (
                await scope.OwnerAsync(file.Number).ConfigureAwait(false) is null
                && !await AddAsync(file.Path, file.Number, last).ConfigureAwait(false)
            )
                return;
        }
        if (number is not null && later.Count < MostLater)
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
    /// Returns the files that were at the path between two others; null: some are being renamed just now, and one could
    /// be missing.
    /// </summary>
    IReadOnlyList<RotatedFile>? Between(FollowedPlace last, string? number)
    {
        var found = RotatedFiles.Between(source.Path, last.Identity.Number, Since, number);
        var again = RotatedFiles.Between(source.Path, last.Identity.Number, Since, number);
        return found.SequenceEqual(again) && FileId.Number(source.Path) == number ? found : null;
    }

    /// <summary>
    /// Opens a file for its turn, if it is one of the source's. Returns false when that must be tried again.
    /// </summary>
    async ValueTask<bool> AddAsync(string path, string number, FollowedPlace? before)
    {
        if (scope.OtherUse(path) is { } other)
        {
            Tell(number, $"'{path}' is the {other.Name} now, and is not read");
            return true;
        }
        if (FollowCheck.WhyNot(path) is { } why)
        {
            Tell(number, why);
            return true;
        }
        if (await scope.OwnerAsync(number).ConfigureAwait(false) is { } owner)
        {
            if (owner != source.Name && !source.IsMatch)
                Tell(
                    number,
                    $"the file that is '{path}' now is the one that was read as '{owner}', and is not read again"
                );
            else if (owner == source.Name && !IsOpen(number))
                Tell(
                    number,
                    $"the file that is '{path}' now is one that was read before and put back: what was added to it since is not read"
                );
            return true;
        }
        if (Open(path, number, out var isUnreadable) is not { } file)
            return isUnreadable;
        if (before is not null && path != source.Path && before.Identity.BeginsLike(file.Handle))
        {
            Tell(
                number,
                $"'{path}' was made beside '{source.Path}' and begins like it: it is taken for a copy, and is not read"
            );
            file.Dispose();
            return true;
        }
        if (
            before is { Mark: { Length: > 0 } mark }
            && before.Identity.BeginsLike(file.Handle)
            && mark.Holds(file.Handle)
        )
            Tell(
                number,
                $"'{path}' is another file now and begins with what was read already: if it is a copy of the file before, its first {mark.Offset} bytes come twice"
            );
        scope.Claim(number, source.Name);
        later.Enqueue(file);
        newest = file;
        return true;
    }

    bool IsOpen(string number) =>
        current?.Identity.Number == number || earlier.Concat(later).Any(f => f.Identity.Number == number);

    /// <summary>Opens a file. Null: it is gone, or another is there already, which is found the next time.</summary>
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
            // It was renamed just now.
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            isUnreadable = true;
            Tell(number, $"'{path}' cannot be read: {Failures.Reason(e, path)}");
        }
        return null;
    }

    void Tell(string number, string what)
    {
        if (told.Add(number))
            scope.Report(what);
    }
}
