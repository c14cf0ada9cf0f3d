using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>Reads a file as it grows, and the files that replace it at its path, until reading is stopped.</summary>
/// <remarks>
/// Not safe for use by many threads, except for the progress. One file is read at a time. Earlier files are checked for
/// late additions; later files are already open and wait for their turn. The source's position counts bytes over all
/// files, in the order in which they were read.
/// </remarks>
sealed class FollowReader : ISourceReader
{
    /// <summary>The time without new data in a renamed file after which the next file is read.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The time for which an earlier file is checked for more data, counted from the start of the next file or the last
    /// addition.
    /// </summary>
    public static readonly TimeSpan WatchTime = TimeSpan.FromMinutes(1);

    /// <summary>The time for which a last line taken at the stop may wait for room.</summary>
    static readonly TimeSpan LastLineTime = TimeSpan.FromSeconds(1);

    readonly RunContext run;
    readonly FollowScope scope;
    readonly SourceDefinition source;
    readonly SourceOffers offers;
    readonly FollowPace pace;
    readonly FollowedFiles files;
    readonly FollowPosition position;
    readonly FollowHeader header;
    readonly CancellationToken stopping;
    readonly bool isNew;
    long bytesRead;
    DeadLine? tooLong;
    byte[]? headerLine;
    volatile bool isAtEnd;
    bool isDisposed;

    /// <param name="run">The run.</param>
    /// <param name="scope">The state that followed sources share.</param>
    /// <param name="source">The source.</param>
    /// <param name="start">The start of the source in this run. The reader disposes its files.</param>
    public FollowReader(RunContext run, FollowScope scope, SourceDefinition source, FollowStart start)
    {
        (this.run, this.scope, this.source, isNew) = (run, scope, source, start.IsNew);
        (offers, pace, files, stopping) = (
            new(run, source.Name, source.Path, hasPosition: true),
            new(run.Clock),
            new(run, scope, source, start),
            run.Control.Reading
        );
        position = new(run, scope, source.Name, files, start);
        header = new(run, scope, source);
    }

    /// <summary>Gets the source's name.</summary>
    public string Name => source.Name;

    /// <summary>Gets the followed path.</summary>
    public string Path => source.Path;

    /// <summary>Gets the role of the first file, for the check that no file has two uses.</summary>
    public FileRole Role =>
        LineSource.GetRole(source) is var role && files.Current is { } file
            ? role with
            {
                Id = FileId.Find(file.Handle, Path),
            }
            : role;

    public SourceProgress Progress =>
        new(source.Name, Interlocked.Read(ref bytesRead), null, offers.LinesRead, isAtEnd);

    /// <summary>Gets whether there is a file to read. Only valid before the reader runs.</summary>
    public bool HasFiles => files.Current is not null || files.Earlier.Count > 0;

    /// <summary>
    /// Returns whether a file in the directory of the followed path appears to be a copy of the file being read. Safe
    /// for use by many threads.
    /// </summary>
    public bool IsCopy(string path) =>
        files.Current?.Identity is { } identity && RotatedFiles.IsCopy(path, Path, identity);

    public string? WaitingFor => files.Current is null && !isAtEnd ? $"the file {Path}" : null;

    public long LinesTooLong => offers.LinesTooLong;

    public async Task RunAsync()
    {
        try
        {
            await FollowAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            run.Control.Fail(
                $"{Failures.DescribeSource(Path)} could not be read past byte {files.Current?.Reader.BytesRead ?? 0}: {Failures.DescribeReason(e, Path)}"
            );
        }
        finally
        {
            isAtEnd = true;
        }
    }

    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        files.Dispose();
    }

    async Task FollowAsync()
    {
        try
        {
            if (files.Current is { } first)
                await BeginAsync(first).ConfigureAwait(false);
            while (true)
            {
                stopping.ThrowIfCancellationRequested();
                if (files.Current is { } file && await ReadAsync(file).ConfigureAwait(false))
                    pace.Reset();
                if (!await CheckAsync().ConfigureAwait(false))
                    await pace.WaitAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    async ValueTask BeginAsync(FollowedFile first)
    {
        await header.ReadAsync(first, stopping).ConfigureAwait(false);
        if (isNew && run.Buffers.IsDurable)
            await run.Buffers.SetPositionAsync(run.Pipeline, source.Name, default).ConfigureAwait(false);
        await position.StoreFileAsync(first).ConfigureAwait(false);
        if (files.NewestEarlier is not { } newer)
            return;
        // The earlier run ended while it read late additions to a renamed file.
        await ReadAsync(first).ConfigureAwait(false);
        await MoveToAsync(newer).ConfigureAwait(false);
    }

    /// <summary>Reads all available lines, and returns whether new data was read.</summary>
    async ValueTask<bool> ReadAsync(FollowedFile file)
    {
        var isAny = false;
        do
        {
            while (ReadLine(file))
                await TakeAsync(file).ConfigureAwait(false);
            if (offers.Count > 0)
                await OfferAsync().ConfigureAwait(false);
            if (file.IsCut())
                break;
        } while (await FillAsync(file).ConfigureAwait(false) && (isAny = true));
        return isAny;
    }

    async ValueTask<bool> FillAsync(FollowedFile file)
    {
        var before = file.Reader.BytesRead;
        var isMore = await file.FillAsync(stopping).ConfigureAwait(false);
        Interlocked.Add(ref bytesRead, file.Reader.BytesRead - before);
        return isMore;
    }

    bool ReadLine(FollowedFile file)
    {
        if (!file.Reader.TryRead(out var line))
            return false;
        if (file.AwaitsHeader)
        {
            file.AwaitsHeader = false;
            if (line.IsTooLong)
                run.Control.Fail(
                    $"the header of '{Path}' is longer than {Quantity.FormatSize(run.Definition.MaxLine)}"
                );
            else
                headerLine = line.Bytes.ToArray();
        }
        else if (line.IsTooLong)
            tooLong = offers.CreateTooLong(line);
        else
            offers.Add(line.Bytes, position.GetPosition(file, file.Offset));
        return true;
    }

    async ValueTask TakeAsync(FollowedFile file)
    {
        if (headerLine is { } first)
        {
            headerLine = null;
            await header.SetAsync(new([first])).ConfigureAwait(false);
        }
        if (offers.IsFull || (tooLong is not null && offers.MustGoBefore))
            await OfferAsync().ConfigureAwait(false);
        if (tooLong is not { } line)
            return;
        await offers
            .RefuseTooLongAsync(line, run.Buffers.IsDurable ? position.GetPosition(file, file.Offset) : null)
            .ConfigureAwait(false);
        tooLong = null;
    }

    async ValueTask OfferAsync()
    {
        await offers.OfferAsync().ConfigureAwait(false);
        if (!position.IsStoreDue)
            return;
        await position.StoreAsync().ConfigureAwait(false);
        // While one file is read for long, later files must be opened before they are renamed or deleted.
        await files.FindNewAsync().ConfigureAwait(false);
    }

    /// <summary>Checks the state of the files. Returns true if there is something to read now.</summary>
    async ValueTask<bool> CheckAsync()
    {
        if (files.Current is { } file)
        {
            if (file.IsCut())
            {
                await StartAgainAsync(file).ConfigureAwait(false);
                return true;
            }
            if (file.HasGrown)
                return true;
            if (run.Clock.GetElapsedTime(file.LastRead) >= WatchTime && FileId.HasNoName(file.Handle))
                await LeaveAsync(file).ConfigureAwait(false);
        }
        foreach (var old in files.Earlier.ToArray())
            if (await CheckEarlierAsync(old).ConfigureAwait(false))
                return true;
        await files.FindNewAsync().ConfigureAwait(false);
        if (files.Next is { } soon && (files.Current is not { } last || last.IsOver || IsQuiet(last) && IsQuiet(soon)))
        {
            var next = files.TakeNext();
            next.IsOver = files.HasLater;
            await MoveToAsync(next).ConfigureAwait(false);
            return true;
        }
        await position.StoreAsync().ConfigureAwait(false);
        return false;
    }

    /// <summary>Closes a deleted file, which takes room on the disk as long as it is open.</summary>
    async ValueTask LeaveAsync(FollowedFile file)
    {
        await EndFileAsync(file, isStop: false).ConfigureAwait(false);
        scope.Report(
            $"'{Path}' was deleted after it had been read up to byte {file.Offset}, and has not grown for a while: anything still written to the deleted file is not read"
        );
        position.Leave(file);
        files.Leave();
    }

    /// <summary>
    /// Checks an earlier file for more data, since its writer may not have switched to the new file yet.
    /// </summary>
    async ValueTask<bool> CheckEarlierAsync(FollowedFile old)
    {
        if (old.IsCut())
        {
            scope.Report(
                $"a file that was '{Path}' before was truncated or rewritten after it had been read up to byte {old.Offset}: any data added after that byte was not read"
            );
            files.Forget(old);
            return false;
        }
        if (old.HasGrown)
        {
            await VisitAsync(old, () => ReadAsync(old)).ConfigureAwait(false);
            return true;
        }
        if (run.Clock.GetElapsedTime(old.LastRead) < WatchTime || files.IsAtPath(old))
            return false;
        await EndFileAsync(old, isStop: false).ConfigureAwait(false);
        files.Forget(old);
        return false;
    }

    /// <summary>Reads in another file and returns to the current one.</summary>
    async ValueTask VisitAsync(FollowedFile other, Func<ValueTask<bool>> read)
    {
        var back = files.Current;
        if (back == other)
            back = null;
        else
            await MoveToAsync(other).ConfigureAwait(false);
        await read().ConfigureAwait(false);
        if (back is not null)
            await MoveToAsync(back).ConfigureAwait(false);
    }

    async ValueTask MoveToAsync(FollowedFile next)
    {
        if (files.Current is { } left)
        {
            position.Leave(left);
            left.Remember();
        }
        files.MoveTo(next);
        await position.BeginAtAsync(next).ConfigureAwait(false);
    }

    async ValueTask StartAgainAsync(FollowedFile file)
    {
        var (offset, unread, before) = (file.Offset, file.Unread, file.Identity);
        position.Leave(file);
        file.StartAgain();
        files.LeaveCopiesOut(before);
        foreach (var copy in RotatedFiles.FindCopies(Path, before))
            if (await scope.FindOwnerAsync(copy.Number).ConfigureAwait(false) is null)
                await scope.ClaimCopyAsync(copy.Number, source.Name).ConfigureAwait(false);
        await position.BeginAtAsync(file).ConfigureAwait(false);
        scope.Report(
            $"'{Path}' was truncated or rewritten after it had been read up to byte {offset}: "
                + (
                    unread > 0
                        ? $"{Quantity.Format(unread, "byte")} after that {(unread == 1 ? "was" : "were")} not read"
                        : "any data added right before was not read"
                )
                + (
                    before.HasSameStart(file.Handle)
                        ? "; it begins with the same bytes as before, so lines may come twice"
                        : ""
                )
                + ". It is now read from its beginning"
        );
    }

    bool IsQuiet(FollowedFile file) => run.Clock.GetElapsedTime(file.LastRead) >= Quiet;

    /// <summary>Ends the reading: stores the position and treats last lines without a line end.</summary>
    async ValueTask EndAsync()
    {
        // Lines that were read but not accepted are still in the file, and everything after them stays there too.
        if (offers.Count > 0 || tooLong is not null)
            return;
        foreach (var old in files.Earlier.ToArray())
            await EndFileAsync(old, isStop: true).ConfigureAwait(false);
        if (files.Current is { } file)
            await EndFileAsync(file, isStop: true).ConfigureAwait(false);
        await position.StoreAsync().ConfigureAwait(false);
    }

    /// <summary>Takes or leaves a last line without a line end.</summary>
    async ValueTask EndFileAsync(FollowedFile file, bool isStop)
    {
        if (file.Unended == 0 || file.HasGrown || file.IsCut())
            return;
        var (isTaken, bytes) = (false, file.Unended);
        if (run.LastLine == LastLineMode.Take && !file.AwaitsHeader)
            await VisitAsync(file, async () => isTaken = await TakeLastLineAsync(file).ConfigureAwait(false))
                .ConfigureAwait(false);
        if (isTaken)
            return;
        var left =
            $"the last line of {(files.Current == file ? "" : "a file that was ")}'{Path}'{(files.Current == file ? "" : " before")} is incomplete: its {Quantity.Format(bytes, "byte")} {(bytes == 1 ? "is" : "are")} left "
            + $"{(isStop ? "for a run that finds it complete" : "in the file")}; --last-line take reads them";
        if (isStop)
            run.Control.Warn(left);
        else
            scope.Report(left);
    }

    async ValueTask<bool> TakeLastLineAsync(FollowedFile file)
    {
        file.Reader.End();
        if (!file.Reader.TryRead(out var line))
            return false;
        var isTooLong = line.IsTooLong;
        if (!isTooLong)
            offers.Add(line.Bytes, position.GetPosition(file, file.Offset));
        if (!isTooLong && await offers.TryOfferLastAsync(LastLineTime).ConfigureAwait(false))
            return true;
        file.Reader.UnreadLine();
        return false;
    }
}
