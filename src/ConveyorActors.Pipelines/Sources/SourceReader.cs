using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Reads one source to its end and offers its lines to the first stage, as fast as the backpressure signal allows.
/// </summary>
sealed class SourceReader(RunContext run, LineSource source, SourceHistory history, HeaderRegistry? registry)
    : ISourceReader
{
    readonly FileWatch? watch = source.File is { } file ? new FileWatch(file, source.Length, run.Clock) : null;
    readonly CancellationToken stopping = run.Control.Reading;
    readonly SourceOffers offers = new(
        run,
        source.Name,
        source.Path == "-" ? source.Name : source.Path,
        hasPosition: !run.Buffers.IsDurable || source.File is not null
    );
    readonly bool keepsPosition = run.Buffers.IsDurable && source.File is not null;
    readonly bool keepsLastLine = source.File is not null && run.LastLine == LastLineMode.Keep;
    readonly LineProducers producers = run.Producers[0];
    LineReader? reader;
    DeadLine? tooLong;
    long bytesTaken,
        lastLineWithoutEnd;
    volatile bool atEnd;

    public SourceProgress Progress =>
        new(source.Name, reader?.BytesRead ?? 0, source.Size, offers.LinesRead, atEnd)
        {
            BytesTaken = Interlocked.Read(ref bytesTaken),
        };

    public string? WaitingFor => source.IsWaiting ? $"a writer of {source.Path}" : null;

    public long LinesTooLong => offers.LinesTooLong;

    /// <summary>Reads to the end, or until the run ends early.</summary>
    public async Task RunAsync()
    {
        try
        {
            reader = CreateReader(await source.WaitUntilOpenAsync(stopping).ConfigureAwait(false));
            producers.BeginWork();
            if (registry?.GetHeaders(source.Name) is { } headers)
                await headers.SetAsync(await ReadHeaderAsync(reader).ConfigureAwait(false)).ConfigureAwait(false);
            do
            {
                while (ReadLine(reader))
                {
                    if (offers.IsFull || (tooLong is not null && offers.MustGoBefore))
                        await OfferAsync().ConfigureAwait(false);
                    if (tooLong is { } line)
                    {
                        await offers
                            .RefuseTooLongAsync(line, keepsPosition ? reader.Position : null)
                            .ConfigureAwait(false);
                        Interlocked.Exchange(ref bytesTaken, reader.Position.Offset);
                    }
                    tooLong = null;
                }
                // Offer before waiting for more input, so that lines of a slow writer are not delayed.
                if (offers.Count > 0)
                    await OfferAsync().ConfigureAwait(false);
            } while (!atEnd && (await FillAsync(reader).ConfigureAwait(false) || (atEnd = true)));
            Interlocked.Exchange(ref bytesTaken, reader.BytesRead);
            if (watch is not null)
                await CheckEndAsync(watch, reader).ConfigureAwait(false);
        }
        catch (Exception e) when (reader is null && Failures.IsFileError(e))
        {
            run.Control.Fail(
                $"{Failures.DescribeSource(source.Path)} cannot be read: {Failures.DescribeReason(e, source.Path)}"
            );
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Lines that were read but not accepted are still in the source.
        }
        finally
        {
            if (reader is not null)
                producers.EndWork();
        }
    }

    public void Dispose() => reader?.Dispose();

    LineReader CreateReader(Stream stream)
    {
        var opened = new LineReader(stream, run.Definition.MaxLine, run.LineEnd);
        if (source.Start is { } start)
            opened.StartAt(start);
        Interlocked.Exchange(ref bytesTaken, opened.BytesRead);
        return opened;
    }

    /// <summary>
    /// Returns the first line. If reading continues in the middle of the file, the line is read from its beginning.
    /// </summary>
    async ValueTask<HeaderLines> ReadHeaderAsync(LineReader from)
    {
        if (source.Start is not { Offset: > 0 })
            return await ReadFirstLineAsync(from).ConfigureAwait(false);
        await using var beginning = source.OpenAgain();
        using var again = new LineReader(beginning, run.Definition.MaxLine, run.LineEnd);
        return await ReadFirstLineAsync(again).ConfigureAwait(false);
    }

    async ValueTask<HeaderLines> ReadFirstLineAsync(LineReader from)
    {
        for (var ended = false; ; ended = !await FillAsync(from).ConfigureAwait(false))
        {
            if (from.TryRead(out var line))
            {
                if (keepsLastLine && !line.HasEnd)
                    break;
                if (!line.IsTooLong)
                    return new([line.Bytes.ToArray()]);
                run.Control.Fail(
                    $"the header of '{source.Path}' is longer than {Quantity.FormatSize(run.Definition.MaxLine)}"
                );
                return HeaderLines.None;
            }
            if (ended)
                return HeaderLines.None;
        }
        lastLineWithoutEnd = from.UnreadLine();
        return HeaderLines.None;
    }

    /// <summary>
    /// Checks at the end that the file was not truncated or rewritten while it was read, and stores the last mark.
    /// </summary>
    async ValueTask CheckEndAsync(FileWatch file, LineReader from)
    {
        if (file.DescribeIncompleteRead(source.GetOffsetInFile(from.BytesRead)) is { } why)
            run.Control.AddError(
                $"source '{source.Path}' was truncated or rewritten while it was read: {why}. The data that was not read is missing"
            );
        else if (file.MarkAt(source.GetOffsetInFile(from.Position.Offset), isLast: true) is { } mark)
            await history.MarkAsync(source, mark).ConfigureAwait(false);
        if (lastLineWithoutEnd > 0)
            run.Control.Warn(
                $"the last line of '{source.Path}' is incomplete: its {Quantity.Format(lastLineWithoutEnd, "byte")} {(lastLineWithoutEnd == 1 ? "is" : "are")} left for a run that finds it complete; --last-line take reads them"
            );
    }

    async ValueTask<bool> FillAsync(LineReader from)
    {
        try
        {
            if (source.File is not null)
                return await from.FillAsync(stopping).ConfigureAwait(false);
            // Nobody knows when the writer of a pipe writes more.
            producers.EndWork();
            try
            {
                return await from.FillAsync(stopping).ConfigureAwait(false);
            }
            finally
            {
                producers.BeginWork();
            }
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            run.Control.AddError(
                $"{Failures.DescribeSource(source.Path)} could not be read past byte {from.BytesRead}: {Failures.DescribeReason(e, source.Path)}"
            );
            return false;
        }
    }

    bool ReadLine(LineReader from)
    {
        if (!from.TryRead(out var line))
            return false;
        if (!line.HasEnd)
        {
            // In a truncated file the bytes after the last line end are not a line.
            var isTorn = watch?.DescribeIncompleteRead(source.GetOffsetInFile(from.BytesRead)) is not null;
            if (keepsLastLine || isTorn)
            {
                var left = from.UnreadLine();
                lastLineWithoutEnd = isTorn ? 0 : left;
                return false;
            }
        }
        if (line.IsTooLong)
            tooLong = offers.CreateTooLong(line);
        else
            offers.Add(line.Bytes, from.Position);
        return true;
    }

    async ValueTask OfferAsync()
    {
        await producers.TrackWaitAsync(offers.OfferAsync().AsTask()).ConfigureAwait(false);
        if (watch?.MarkAt(source.GetOffsetInFile(reader!.Position.Offset), isLast: false) is { } mark)
            await history.MarkAsync(source, mark).ConfigureAwait(false);
        Interlocked.Exchange(ref bytesTaken, reader!.Position.Offset);
    }
}
