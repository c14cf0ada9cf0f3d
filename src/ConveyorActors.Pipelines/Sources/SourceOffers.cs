using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>Offers the lines of one source to the first stage, in batches, as fast as the buffers say it may.</summary>
/// <remarks>One thread, but for the counts.</remarks>
/// <param name="run">The run.</param>
/// <param name="name">The source's name.</param>
/// <param name="path">What the source is called in warnings.</param>
/// <param name="hasPosition">True when lines have a position to go on from.</param>
sealed class SourceOffers(RunContext run, string name, string path, bool hasPosition)
{
    const int BatchLines = 256,
        BatchBytes = 256 << 10;

    /// <summary>How long a source that was refused waits where no signal tells when there is room.</summary>
    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(10),
        RetryStoreAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long it may be that nothing can be written to the data directory before that ends the run. What is settled
    /// meanwhile may make room.
    /// </summary>
    static readonly TimeSpan StoreGrace = TimeSpan.FromSeconds(5);

    readonly ConveyorRecord[] batch = new ConveyorRecord[BatchLines];
    readonly CancellationToken stopping = run.Control.Reading;
    readonly LineBytes copies = new();
    readonly bool keepsPosition = hasPosition && run.Buffers.IsDurable;
    int lines;
    long bytes,
        linesRead,
        linesTooLong,
        failingSince;

    /// <summary>Lines that the buffers have accepted, and those that were too long.</summary>
    public long LinesRead => Interlocked.Read(ref linesRead);

    /// <summary>Lines that never got into a buffer because of their length.</summary>
    public long LinesTooLong => Interlocked.Read(ref linesTooLong);

    /// <summary>Lines that wait to be offered.</summary>
    public int Count => lines;

    /// <summary>Gets whether no line can be added before the others are offered.</summary>
    public bool IsFull => lines == BatchLines || bytes >= BatchBytes;

    /// <summary>Adds a line, which is copied.</summary>
    /// <param name="line">The line.</param>
    /// <param name="position">Where the next one begins, and how many lines lie before it.</param>
    public void Add(ReadOnlySpan<byte> line, SourcePosition position)
    {
        batch[lines++] = hasPosition
            ? new ConveyorRecord("", copies.Copy(line)) { Position = position }
            : new ConveyorRecord("", copies.Copy(line)) { Headers = new LineNumber(position.Number) };
        bytes += line.Length;
    }

    /// <summary>Returns a line that is longer than the limit, as a dead letter.</summary>
    public DeadLine TooLong(Line line) =>
        TooLong(
            line.Number,
            line.Bytes.ToArray(),
            $"the line is longer than {run.Definition.MaxLine} bytes",
            truncated: true
        );

    /// <summary>
    /// Records a line that will never be accepted, so that it is not read again. Everything before it has been
    /// accepted.
    /// </summary>
    public async ValueTask RefuseTooLongAsync(DeadLine line, SourcePosition? position)
    {
        Interlocked.Increment(ref linesRead);
        Interlocked.Increment(ref linesTooLong);
        run.Control.Warn($"{path}:{line.Line}: {line.Error}; it is among the dead letters");
        if (position is { } past)
            await run.Buffers.SetPositionAsync(run.Pipeline, name, past, stopping).ConfigureAwait(false);
        await run.WriteDownAsync(line).ConfigureAwait(false);
    }

    /// <summary>
    /// Offers the lines that were added, and waits until all of them are accepted and the source may go on.
    /// </summary>
    public async ValueTask OfferAsync()
    {
        if (lines == 0)
            return;
        var rest = batch.AsMemory(0, lines);
        while (rest.Length > 0)
        {
            stopping.ThrowIfCancellationRequested();
            var answer = await run
                .Buffers.BufferBatchForStageAsync(run.Pipeline, run.FirstStage, name, rest, null, stopping)
                .ConfigureAwait(false);
            Interlocked.Add(ref linesRead, answer.Consumed);
            rest = rest[answer.Consumed..];
            FailWhereNothingIsKept(answer.Status);
            if (answer.Status == OfferStatus.TooLarge)
            {
                var record = rest.Span[0];
                var line = TooLong(
                    LineNumber.Of(record)!.Value,
                    record.Payload,
                    $"the line has {record.Payload.Length} bytes, more than the limits can admit",
                    truncated: false
                );
                await RefuseTooLongAsync(line, record.Position).ConfigureAwait(false);
                rest = rest[1..];
            }
            if (answer.Status == OfferStatus.StoreFailing)
                await Task.Delay(RetryStoreAfter, run.Clock, stopping).ConfigureAwait(false);
            else
                await HeedAsync(answer.Signal, refused: rest.Length > 0).ConfigureAwait(false);
        }
        // What was dropped brought its position nowhere.
        if (run.FirstStageDrops && batch[lines - 1].Position is { } position)
            await run.Buffers.SetPositionAsync(run.Pipeline, name, position, stopping).ConfigureAwait(false);
        Clear();
    }

    /// <summary>
    /// Offers the lines that were added once, although no more are to be read. Returns false when there is no room for
    /// them in time.
    /// </summary>
    public async ValueTask<bool> TryOfferLastAsync(TimeSpan time)
    {
        using var over = new CancellationTokenSource(time, run.Clock);
        try
        {
            var answer = await run
                .Buffers.BufferBatchForStageAsync(
                    run.Pipeline,
                    run.FirstStage,
                    name,
                    batch.AsMemory(0, lines),
                    null,
                    over.Token
                )
                .ConfigureAwait(false);
            Interlocked.Add(ref linesRead, answer.Consumed);
            return answer.Consumed == lines;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Clear();
        }
    }

    /// <summary>Gets whether a line too long must wait until those before it are accepted.</summary>
    public bool MustGoBefore => keepsPosition && lines > 0;

    void Clear()
    {
        batch.AsSpan(0, lines).Clear();
        (lines, bytes) = (0, 0);
    }

    DeadLine TooLong(long number, ReadOnlyMemory<byte> line, string why, bool truncated) =>
        new(null, name, number, 0, nameof(LossReason.TooLarge), why, line, truncated);

    void FailWhereNothingIsKept(OfferStatus status)
    {
        if (status != OfferStatus.StoreFailing)
            failingSince = 0;
        else if (failingSince == 0)
            failingSince = run.Clock.GetTimestamp();
        else if (run.Clock.GetElapsedTime(failingSince) > StoreGrace)
            run.Control.Fail("nothing can be written to the data directory any more");
    }

    async ValueTask HeedAsync(BackpressureSignal signal, bool refused)
    {
        // A stage that drops what it has no room for is meant for sources that do not wait.
        if (!refused && run.FirstStageDrops)
            return;
        if (refused && !signal.IsHeld)
            await Task.Delay(RetryAfter, run.Clock, stopping).ConfigureAwait(false);
        while (signal.IsHeld)
            signal = await HoldAsync(signal).ConfigureAwait(false);
    }

    /// <summary>Waits as the signal says, but not longer than it lasts. Returns what to do next.</summary>
    async ValueTask<BackpressureSignal> HoldAsync(BackpressureSignal signal)
    {
        using var delay =
            signal.Kind == BackpressureKind.SlowDown
                ? new CancellationTokenSource(signal.Delay, run.Clock)
                : new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, delay.Token);
        try
        {
            await foreach (
                var now in run.Buffers.SubscribeSignalsAsync(run.Pipeline, name, over.Token).ConfigureAwait(false)
            )
                if (now.Kind != signal.Kind)
                    return now;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The delay is over.
        }
        return BackpressureSignal.None;
    }
}
