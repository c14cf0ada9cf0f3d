using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>Reads one source and offers its lines to the first stage, as fast as the buffers say it may.</summary>
sealed class SourceReader(RunContext run, LineSource source) : IDisposable
{
    const int BatchLines = 256, BatchBytes = 256 << 10;

    /// <summary>How long a source that was refused waits where no signal tells when there is room.</summary>
    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(10), RetryStoreAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>How long it may be that nothing can be written to the data directory before that ends the run. What is settled meanwhile may make room.</summary>
    static readonly TimeSpan StoreGrace = TimeSpan.FromSeconds(5);

    readonly FileWatch? watch = source.File is { } file ? new FileWatch(file, source.Length, run.Clock) : null;
    readonly ConveyorRecord[] batch = new ConveyorRecord[BatchLines];
    readonly CancellationToken ending = run.Control.Ending;
    readonly LineBytes copies = new();
    readonly bool hasPosition = !run.Buffers.IsDurable || source.File is not null;
    readonly bool keepsPosition = run.Buffers.IsDurable && source.File is not null;
    readonly bool keepsLastLine = source.File is not null
        && (run.Definition.LastLine ?? (run.Buffers.IsDurable ? LastLineMode.Keep : LastLineMode.Take)) == LastLineMode.Keep;
    LineReader? reader;
    int lines;
    DeadLine? tooLong;
    long bytes, bytesTaken, linesRead, linesTooLong, failingSince, lastLineWithoutEnd;
    volatile bool atEnd;

    public SourceProgress Progress => new(source.Name, reader?.BytesRead ?? 0, source.Size, Interlocked.Read(ref linesRead), atEnd) { BytesTaken = Interlocked.Read(ref bytesTaken) };

    /// <summary>True for a named pipe without a writer.</summary>
    public bool IsWaiting => source.IsWaiting;

    /// <summary>The path it reads.</summary>
    public string Path => source.Path;

    /// <summary>Lines that never got into a buffer because of their length.</summary>
    public long LinesTooLong => Interlocked.Read(ref linesTooLong);

    /// <summary>Reads to the end, or until the run ends before its time.</summary>
    public async Task RunAsync()
    {
        try
        {
            reader = Reader(await source.StreamAsync(ending).ConfigureAwait(false));
            if (run.Headers?.Of(source.Name) is { } headers) await headers.SetAsync(await HeaderAsync(reader).ConfigureAwait(false)).ConfigureAwait(false);
            do
            {
                while (ReadLine(reader))
                {
                    if (lines == BatchLines || bytes >= BatchBytes || (keepsPosition && lines > 0 && tooLong is not null)) await OfferAsync().ConfigureAwait(false);
                    if (tooLong is { } line) await RefuseTooLongAsync(line, keepsPosition ? reader.Position : null).ConfigureAwait(false);
                    tooLong = null;
                }
                // Before it waits for more: a slow writer's lines go on at once.
                if (lines > 0) await OfferAsync().ConfigureAwait(false);
            }
            while (!atEnd && (await FillAsync(reader).ConfigureAwait(false) || (atEnd = true)));
            Interlocked.Exchange(ref bytesTaken, reader.BytesRead);
            if (watch is not null) await CheckEndAsync(watch, reader).ConfigureAwait(false);
        }
        catch (Exception e) when (reader is null && Failures.IsFileError(e))
        {
            run.Control.Fail($"{Failures.Source(source.Path)} cannot be read: {Failures.Reason(e, source.Path)}");
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // What was read and not accepted is still in the source.
        }
    }

    public void Dispose() => reader?.Dispose();

    LineReader Reader(Stream stream)
    {
        var opened = new LineReader(stream, run.Definition.MaxLine, run.LineEnd);
        if (source.Start is { } start) opened.StartAt(start);
        Interlocked.Exchange(ref bytesTaken, opened.BytesRead);
        return opened;
    }

    /// <summary>The first line, which is read from a file that goes on later too.</summary>
    async ValueTask<HeaderLines> HeaderAsync(LineReader from)
    {
        if (source.Start is not { Offset: > 0 }) return await FirstAsync(from).ConfigureAwait(false);
        await using var beginning = source.OpenAgain();
        using var again = new LineReader(beginning, run.Definition.MaxLine, run.LineEnd);
        return await FirstAsync(again).ConfigureAwait(false);
    }

    async ValueTask<HeaderLines> FirstAsync(LineReader from)
    {
        for (var ended = false; ; ended = !await FillAsync(from).ConfigureAwait(false))
        {
            if (from.TryRead(out var line))
            {
                if (keepsLastLine && !line.HasEnd) break;
                if (!line.IsTooLong) return new([line.Bytes.ToArray()]);
                run.Control.Fail($"the header of '{source.Path}' is longer than {run.Definition.MaxLine} bytes");
                return HeaderLines.None;
            }
            if (ended) return HeaderLines.None;
        }
        lastLineWithoutEnd = from.Untake();
        return HeaderLines.None;
    }

    /// <summary>What was read up to the end must be what was in the file.</summary>
    async ValueTask CheckEndAsync(FileWatch file, LineReader from)
    {
        if (file.WhyTorn(source.PlaceInFile(from.BytesRead)) is { } why)
            run.Control.Note($"source '{source.Path}' was cut short or rewritten while it was read: {why}. What it had that was not read is missing");
        else if (file.MarkAt(source.PlaceInFile(from.Position.Offset), isLast: true) is { } mark) await run.Resuming.MarkAsync(source, mark).ConfigureAwait(false);
        if (lastLineWithoutEnd > 0)
            run.Control.Warn($"the last line of '{source.Path}' has no end: its {lastLineWithoutEnd} bytes are left to a run that finds the end; --last-line take takes them");
    }

    async ValueTask<bool> FillAsync(LineReader from)
    {
        try
        {
            return await from.FillAsync(ending).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            run.Control.Note($"{Failures.Source(source.Path)} could not be read past byte {from.BytesRead}: {Failures.Reason(e, source.Path)}");
            return false;
        }
    }

    bool ReadLine(LineReader from)
    {
        if (!from.TryRead(out var line)) return false;
        if (!line.HasEnd)
        {
            // The rest of a line in a file that was cut short is no line.
            var isTorn = watch?.WhyTorn(source.PlaceInFile(from.BytesRead)) is not null;
            if (keepsLastLine || isTorn)
            {
                var left = from.Untake();
                lastLineWithoutEnd = isTorn ? 0 : left;
                return false;
            }
        }
        if (line.IsTooLong)
        {
            tooLong = TooLong(line.Number, line.Bytes.ToArray(), $"the line is longer than {run.Definition.MaxLine} bytes", truncated: true);
            return true;
        }
        batch[lines++] = hasPosition
            ? new ConveyorRecord("", copies.Copy(line.Bytes)) { Position = from.Position }
            : new ConveyorRecord("", copies.Copy(line.Bytes)) { Headers = new LineNumber(line.Number) };
        bytes += line.Bytes.Length;
        return true;
    }

    DeadLine TooLong(long number, ReadOnlyMemory<byte> line, string why, bool truncated) =>
        new(null, source.Name, number, 0, nameof(LossReason.TooLarge), why, line, truncated);

    /// <summary>Everything before it has been accepted; it never will be, and is not read again.</summary>
    async ValueTask RefuseTooLongAsync(DeadLine line, SourcePosition? position)
    {
        Interlocked.Increment(ref linesRead);
        Interlocked.Increment(ref linesTooLong);
        run.Control.Warn($"{(source.Path == "-" ? source.Name : source.Path)}:{line.Line}: {line.Error}; it is among the dead letters");
        if (position is { } past) await run.Buffers.SetPositionAsync(run.Pipeline, source.Name, past, ending).ConfigureAwait(false);
        await run.WriteDownAsync(line).ConfigureAwait(false);
        Interlocked.Exchange(ref bytesTaken, reader!.Position.Offset);
    }

    async ValueTask OfferAsync()
    {
        var rest = batch.AsMemory(0, lines);
        while (rest.Length > 0)
        {
            ending.ThrowIfCancellationRequested();
            var answer = await run.Buffers.BufferBatchForStageAsync(run.Pipeline, run.FirstStage, source.Name, rest, null, ending).ConfigureAwait(false);
            Interlocked.Add(ref linesRead, answer.Consumed);
            rest = rest[answer.Consumed..];
            FailWhereNothingIsKept(answer.Status);
            if (answer.Status == OfferStatus.TooLarge)
            {
                var record = rest.Span[0];
                var line = TooLong(LineNumber.Of(record)!.Value, record.Payload, $"the line has {record.Payload.Length} bytes, more than the limits can admit", truncated: false);
                await RefuseTooLongAsync(line, record.Position).ConfigureAwait(false);
                rest = rest[1..];
            }
            if (answer.Status == OfferStatus.StoreFailing) await Task.Delay(RetryStoreAfter, run.Clock, ending).ConfigureAwait(false);
            else await HeedAsync(answer.Signal, refused: rest.Length > 0).ConfigureAwait(false);
        }
        // What was dropped brought its position nowhere.
        if (run.FirstStageDrops && batch[lines - 1].Position is { } position)
            await run.Buffers.SetPositionAsync(run.Pipeline, source.Name, position, ending).ConfigureAwait(false);
        if (watch?.MarkAt(source.PlaceInFile(reader!.Position.Offset), isLast: false) is { } mark) await run.Resuming.MarkAsync(source, mark).ConfigureAwait(false);
        Interlocked.Exchange(ref bytesTaken, reader!.Position.Offset);
        batch.AsSpan(0, lines).Clear();
        lines = 0;
        bytes = 0;
    }

    void FailWhereNothingIsKept(OfferStatus status)
    {
        if (status != OfferStatus.StoreFailing) failingSince = 0;
        else if (failingSince == 0) failingSince = run.Clock.GetTimestamp();
        else if (run.Clock.GetElapsedTime(failingSince) > StoreGrace) run.Control.Fail("nothing can be written to the data directory any more");
    }

    async ValueTask HeedAsync(BackpressureSignal signal, bool refused)
    {
        // A stage that drops what it has no room for is meant for sources that do not wait.
        if (!refused && run.FirstStageDrops) return;
        if (refused && !signal.IsHeld) await Task.Delay(RetryAfter, run.Clock, ending).ConfigureAwait(false);
        while (signal.IsHeld) signal = await HoldAsync(signal).ConfigureAwait(false);
    }

    /// <summary>Waits as the signal says, but not longer than it lasts. Answers what to do next.</summary>
    async ValueTask<BackpressureSignal> HoldAsync(BackpressureSignal signal)
    {
        using var delay = signal.Kind == BackpressureKind.SlowDown ? new CancellationTokenSource(signal.Delay, run.Clock) : new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ending, delay.Token);
        try
        {
            await foreach (var now in run.Buffers.SubscribeSignalsAsync(run.Pipeline, source.Name, over.Token).ConfigureAwait(false))
                if (now.Kind != signal.Kind) return now;
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            // The delay is over.
        }
        return BackpressureSignal.None;
    }
}
