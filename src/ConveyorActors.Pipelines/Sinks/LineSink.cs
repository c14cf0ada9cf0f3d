using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// The only consumer of the sink's buffer: writes the results of the last stage, and completes them only after they are
/// written.
/// </summary>
sealed class LineSink(RunContext run, SinkOutput output, SinkHistory history, HeaderRegistry? registry)
{
    /// <summary>Maximum number of lines that are written before they are settled.</summary>
    public const int BatchLines = 16_384;

    readonly CancellationTokenSource finishing = new();
    readonly HashSet<string> headed = new(StringComparer.Ordinal);

    /// <summary>The header at the beginning of the sink, and the source it is of; null: none is written yet.</summary>
    (HeaderLines Lines, string Source)? header;

    /// <summary>A source whose lines have no header; null: none of them is written yet.</summary>
    string? sourceWithout;
    long written;

    public long LinesWritten => Interlocked.Read(ref written);

    /// <summary>Makes the sink write the remaining lines and end, because no more will come.</summary>
    public void Finish() => _ = finishing.CancelAsync();

    /// <summary>
    /// Runs until the pipeline has stopped, until <see cref="Finish"/> was called and the buffer is empty, or until
    /// writing fails for good.
    /// </summary>
    public async Task RunAsync()
    {
        try
        {
            while (await LeaseAsync().ConfigureAwait(false) is { Count: > 0 } lease)
                if (!await WriteAsync(lease).ConfigureAwait(false))
                    return;
        }
        catch (Exception e)
        {
            run.Control.Fail($"{Failures.DescribeSink(run.Definition.Sink.Path)} failed unexpectedly: {e.Message}");
        }
    }

    /// <summary>
    /// Writes the header of sources that had no lines, if the sink has no header yet. Must be called when no lines are
    /// left to be written.
    /// </summary>
    public async Task WriteHeaderAsync(IEnumerable<string> sources)
    {
        try
        {
            foreach (var source in sources)
                await BeginAsync(source, hasLines: false).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The run has ended early; the next run repeats this.
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            run.Control.Fail(SinkOutput.DescribeFailure(e, run.Definition.Sink.Path));
        }
    }

    async Task WriteLinesAsync(LeasedBatch lease)
    {
        if (registry is not null)
            foreach (var lines in lease.GetRuns())
                await BeginAsync(lines.First.SourceId, hasLines: true).ConfigureAwait(false);
        await output.WriteAsync(lease.GetBareRecords()).ConfigureAwait(false);
    }

    /// <summary>Ensures that the header of a source is the one at the beginning of the sink.</summary>
    async ValueTask BeginAsync(string source, bool hasLines)
    {
        if (registry is null || !headed.Add(source))
            return;
        if (
            await registry.GetHeaders(source).GetSinkHeaderAsync(run.Control.Killing).ConfigureAwait(false)
            is not { } its
        )
        {
            headed.Remove(source);
            throw new OperationCanceledException("the run ends before the header of the sink is known");
        }
        if (its.IsEmpty)
        {
            if (hasLines && header is { } earlier)
                throw CreateHeaderConflict(source, its, earlier.Lines, earlier.Source);
            if (hasLines)
                sourceWithout ??= source;
        }
        else if (header is not { } first)
        {
            if (sourceWithout is not null)
                throw CreateHeaderConflict(source, its, HeaderLines.None, sourceWithout);
            await output.WriteFirstAsync(its.Lines).ConfigureAwait(false);
            header = (its, source);
        }
        else if (!first.Lines.IsSame(its))
            throw CreateHeaderConflict(source, its, first.Lines, first.Source);
    }

    static IOException CreateHeaderConflict(string source, HeaderLines its, HeaderLines others, string other) =>
        new(
            $"lines of '{source}' come with {its.Text}, and those of '{other}' with {others.Text}: a sink can have only one header"
        );

    async ValueTask<LeasedBatch> LeaseAsync()
    {
        var request = new BatchRequest(BatchLines) { Wait = true, Consumer = "sink" };
        try
        {
            if (!finishing.IsCancellationRequested)
                return await run
                    .Buffers.GetBatchAsync(run.Pipeline, PipelineRunner.SinkStage, request, finishing.Token)
                    .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (finishing.IsCancellationRequested)
        {
            // Continue without waiting.
        }
        return await run
            .Buffers.GetBatchAsync(run.Pipeline, PipelineRunner.SinkStage, request with { Wait = false })
            .ConfigureAwait(false);
    }

    async ValueTask<bool> WriteAsync(LeasedBatch lease)
    {
        using var keeper = new LeaseRenewer(run, lease);
        try
        {
            await run.ProgressSignal.TrackAsync(WriteLinesAsync(lease)).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            await run
                .Buffers.ReturnToBufferAsync(run.Pipeline, lease.Stage, lease.Id, null, e.Message, charge: false)
                .ConfigureAwait(false);
            return false;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            await run
                .Buffers.ReturnToBufferAsync(run.Pipeline, lease.Stage, lease.Id, null, e.Message, charge: false)
                .ConfigureAwait(false);
            if (e is IOException broken && Failures.IsBrokenPipe(broken))
                run.Control.EndOutputClosed();
            else
                run.Control.Fail(SinkOutput.DescribeFailure(e, run.Definition.Sink.Path));
            return false;
        }
        if (run.Buffers.IsDurable && output.Length is not null)
        {
            // The length is stored atomically with the settlement. Bytes in the file beyond that length were never
            // settled, and the next run removes them before it writes.
            var settled = await run
                .Buffers.CompleteAsync(run.Pipeline, lease.Stage, lease.Id, null, history.CreateCheckpoint(output))
                .ConfigureAwait(false);
            if (!settled.IsOk)
                output.TakeBack();
            else
                Interlocked.Add(ref written, lease.Count);
            run.ProgressSignal.Notify();
            return true;
        }
        var result = await run.Buffers.CompleteAsync(run.Pipeline, lease.Stage, lease.Id).ConfigureAwait(false);
        if (!result.IsOk)
            run.Control.Warn(
                $"{Quantity.Format(lease.Count, "line")} at the sink {(lease.Count == 1 ? "is" : "are")} written twice: the sink took longer than the lease of {run.Definition.LeaseTimeout}"
            );
        Interlocked.Add(ref written, lease.Count);
        run.ProgressSignal.Notify();
        return true;
    }
}
