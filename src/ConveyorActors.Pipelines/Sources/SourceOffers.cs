using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Offers the lines of one source to the first stage, in batches, as fast as the backpressure signal allows.
/// </summary>
/// <remarks>Not safe for use by many threads, except for the counts.</remarks>
/// <param name="run">The run.</param>
/// <param name="name">The source's name.</param>
/// <param name="path">The name of the source in warnings.</param>
/// <param name="hasPosition">Whether lines have a position at which a later run can continue.</param>
sealed class SourceOffers(RunContext run, string name, string path, bool hasPosition)
{
    const int BatchLines = 256,
        BatchBytes = 256 << 10;

    /// <summary>The time a refused source waits if no signal reports when there is room.</summary>
    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(10),
        RetryStoreAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The time for which the data directory may be unwritable before the run ends. Records settled in the meantime may
    /// make room.
    /// </summary>
    static readonly TimeSpan StoreGrace = TimeSpan.FromSeconds(5);

    readonly ConveyorRecord[] batch = new ConveyorRecord[BatchLines];
    readonly CancellationToken stopping = run.Control.Reading;
    readonly LineBytes copies = new(run.FirstStageDropsNewest ? LineBytes.SmallBlockSize : LineBytes.BlockSize);
    readonly bool keepsPosition = hasPosition && run.Buffers.IsDurable;
    int lines;
    long bytes,
        linesRead,
        linesTooLong,
        failingSince;

    /// <summary>Gets the number of lines that the buffers have accepted or that were too long.</summary>
    public long LinesRead => Interlocked.Read(ref linesRead);

    /// <summary>Gets the number of lines that were too long for a buffer.</summary>
    public long LinesTooLong => Interlocked.Read(ref linesTooLong);

    /// <summary>Gets the number of lines that wait to be offered.</summary>
    public int Count => lines;

    /// <summary>Gets whether the added lines must be offered before another can be added.</summary>
    public bool IsFull => lines == BatchLines || bytes >= BatchBytes;

    /// <summary>Adds a line, which is copied.</summary>
    /// <param name="line">The line.</param>
    /// <param name="position">
    /// The position after the line: where the next one begins, and how many lines are before it.
    /// </param>
    public void Add(ReadOnlySpan<byte> line, SourcePosition position)
    {
        batch[lines++] = hasPosition
            ? new ConveyorRecord("", copies.Copy(line)) { Position = position }
            : new ConveyorRecord("", copies.Copy(line)) { Headers = new LineNumber(position.Number) };
        bytes += line.Length;
    }

    /// <summary>Returns a line that is longer than the limit, as a dead letter.</summary>
    public DeadLine CreateTooLong(Line line) =>
        CreateTooLong(
            line.Number,
            line.Bytes.ToArray(),
            $"the line is longer than {Quantity.FormatSize(run.Definition.MaxLine)}",
            truncated: true
        );

    /// <summary>
    /// Records a line that will never be accepted, so that it is not read again. All lines before it must have been
    /// accepted.
    /// </summary>
    /// <remarks>
    /// The buffers do not keep such a line, so its letter is in the file before the position passes the line. The run
    /// ends, and the line stays in the source, if the letter cannot be written.
    /// </remarks>
    /// <exception cref="OperationCanceledException">The letter cannot be written, and the run ends.</exception>
    public async ValueTask RefuseTooLongAsync(DeadLine line, SourcePosition? position)
    {
        var what = $"{path}:{line.Line}: {line.Error}";
        if (keepsPosition && run.DeadLetters.IsOpen)
            await FlushAsync().ConfigureAwait(false);
        var isWritten = run.DeadLetters.TryAddUnbuffered(line, isResumed: keepsPosition);
        if (!isWritten && keepsPosition)
        {
            run.Control.Warn($"{what}; it is not among the dead letters, and the next run reads it again");
            throw new OperationCanceledException(stopping);
        }
        Interlocked.Increment(ref linesRead);
        Interlocked.Increment(ref linesTooLong);
        run.Control.Warn(
            isWritten && run.DeadLetters.IsOpen ? $"{what}; it is among the dead letters" : $"{what}; it is not kept"
        );
        if (isWritten && position is { } past)
            await run.Buffers.SetPositionAsync(run.Pipeline, name, past, stopping).ConfigureAwait(false);
    }

    /// <summary>
    /// Offers the added lines, and waits until all of them are accepted and the signal lets the source continue.
    /// </summary>
    public async ValueTask OfferAsync()
    {
        if (lines == 0)
            return;
        var rest = batch.AsMemory(0, lines);
        while (rest.Length > 0)
        {
            stopping.ThrowIfCancellationRequested();
            var result = await run
                .Buffers.BufferBatchForStageAsync(run.Pipeline, run.FirstStage, name, rest, null, stopping)
                .ConfigureAwait(false);
            Interlocked.Add(ref linesRead, result.Consumed);
            rest = rest[result.Consumed..];
            FailIfNotDurable(result.Status);
            if (result.Status == OfferStatus.TooLarge)
            {
                var record = rest.Span[0];
                var line = CreateTooLong(
                    LineNumber.Find(record)!.Value,
                    record.Payload,
                    $"the line has {Quantity.Format(record.Payload.Length, "byte")}, more than the limits can admit",
                    truncated: false
                );
                await RefuseTooLongAsync(line, record.Position).ConfigureAwait(false);
                rest = rest[1..];
            }
            if (result.Status == OfferStatus.StoreFailing)
                await Task.Delay(RetryStoreAfter, run.Clock, stopping).ConfigureAwait(false);
            else
                await FollowSignalAsync(result.Signal, refused: rest.Length > 0).ConfigureAwait(false);
        }
        // A dropped record did not store its position, so it is stored here.
        if (run.FirstStageDrops && batch[lines - 1].Position is { } position)
            await run.Buffers.SetPositionAsync(run.Pipeline, name, position, stopping).ConfigureAwait(false);
        Clear();
    }

    /// <summary>
    /// Offers the added lines once, although reading has been stopped. Returns false if there is no room for them in
    /// time.
    /// </summary>
    public async ValueTask<bool> TryOfferLastAsync(TimeSpan time)
    {
        using var over = new CancellationTokenSource(time, run.Clock);
        try
        {
            var result = await run
                .Buffers.BufferBatchForStageAsync(
                    run.Pipeline,
                    run.FirstStage,
                    name,
                    batch.AsMemory(0, lines),
                    null,
                    over.Token
                )
                .ConfigureAwait(false);
            Interlocked.Add(ref linesRead, result.Consumed);
            return result.Consumed == lines;
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

    /// <summary>Gets whether a line that is too long must wait until the lines before it are accepted.</summary>
    public bool MustGoBefore => keepsPosition && lines > 0;

    void Clear()
    {
        batch.AsSpan(0, lines).Clear();
        (lines, bytes) = (0, 0);
    }

    DeadLine CreateTooLong(long number, ReadOnlyMemory<byte> line, string why, bool truncated) =>
        new(null, name, number, 0, nameof(LossReason.TooLarge), why, line, truncated);

    void FailIfNotDurable(OfferStatus status)
    {
        if (status != OfferStatus.StoreFailing)
            failingSince = 0;
        else if (failingSince == 0)
            failingSince = run.Clock.GetTimestamp();
        else if (run.Clock.GetElapsedTime(failingSince) > StoreGrace)
            run.Control.Fail("the data directory can no longer be written");
    }

    /// <summary>Waits until everything that was stored so far is on disk.</summary>
    async ValueTask FlushAsync()
    {
        while (!await run.Buffers.FlushAsync(run.Pipeline).ConfigureAwait(false))
        {
            FailIfNotDurable(OfferStatus.StoreFailing);
            await Task.Delay(RetryStoreAfter, run.Clock, stopping).ConfigureAwait(false);
        }
        failingSince = 0;
    }

    async ValueTask FollowSignalAsync(BackpressureSignal signal, bool refused)
    {
        // A stage that drops lines is meant for sources that do not wait.
        if (!refused && run.FirstStageDrops)
            return;
        if (refused && !signal.IsHeld)
            await Task.Delay(RetryAfter, run.Clock, stopping).ConfigureAwait(false);
        while (signal.IsHeld)
            signal = await HoldAsync(signal).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits as the signal requires, but not longer than it applies. Returns the signal to follow next.
    /// </summary>
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
