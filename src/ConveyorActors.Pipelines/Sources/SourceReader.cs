using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
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

    readonly LineReader reader = Reader(run, source);
    readonly ConveyorRecord[] batch = new ConveyorRecord[BatchLines];
    readonly CancellationToken ending = run.Control.Ending;
    readonly bool keepsPosition = run.Buffers.IsDurable && source.Size is not null;
    int lines;
    DeadLine? tooLong;
    long bytes, linesRead, linesTooLong, failingSince;
    volatile bool atEnd;

    public SourceProgress Progress => new(source.Name, reader.BytesRead, source.Size, Interlocked.Read(ref linesRead), atEnd);

    /// <summary>Lines that never got into a buffer because of their length.</summary>
    public long LinesTooLong => Interlocked.Read(ref linesTooLong);

    /// <summary>Reads to the end, or until the run ends before its time.</summary>
    public async Task RunAsync()
    {
        try
        {
            do
            {
                while (ReadLine())
                {
                    if (lines == BatchLines || bytes >= BatchBytes || (keepsPosition && lines > 0 && tooLong is not null)) await OfferAsync().ConfigureAwait(false);
                    if (tooLong is { } line) await RefuseTooLongAsync(line, keepsPosition ? reader.Position : null).ConfigureAwait(false);
                    tooLong = null;
                }
                // Before it waits for more: a slow writer's lines go on at once.
                if (lines > 0) await OfferAsync().ConfigureAwait(false);
            }
            while (!atEnd && (await FillAsync().ConfigureAwait(false) || (atEnd = true)));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // What was read and not accepted is still in the source.
        }
    }

    public void Dispose() => reader.Dispose();

    static LineReader Reader(RunContext run, LineSource source)
    {
        var reader = new LineReader(source.Stream, run.Definition.MaxLine);
        if (source.Start is { } start) reader.StartAt(start);
        return reader;
    }

    async ValueTask<bool> FillAsync()
    {
        try
        {
            return await reader.FillAsync(ending).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            run.Control.Note($"{Failures.Source(source.Path)} could not be read past byte {reader.BytesRead}: {Failures.Reason(e, source.Path)}");
            return false;
        }
    }

    bool ReadLine()
    {
        if (!reader.TryRead(out var line)) return false;
        if (line.IsTooLong)
        {
            tooLong = TooLong(line.Number, line.Bytes.ToArray(), $"the line is longer than {run.Definition.MaxLine} bytes", truncated: true);
            return true;
        }
        batch[lines++] = new ConveyorRecord("", line.Bytes.ToArray()) { Headers = new LineNumber(line.Number), Position = keepsPosition ? reader.Position : null };
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
