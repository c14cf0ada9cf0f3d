using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>The one consumer at the end: writes what comes out of the last stage, and only then completes it.</summary>
sealed class LineSink(RunContext run, SinkOutput output)
{
    /// <summary>Lines that are written before they are settled, at most.</summary>
    public const int BatchLines = 1024;

    readonly CancellationTokenSource finishing = new();
    long written;

    public long LinesWritten => Interlocked.Read(ref written);

    /// <summary>Nothing more will come: write what is there and end.</summary>
    public void Finish() => _ = finishing.CancelAsync();

    /// <summary>Runs until the pipeline has stopped, <see cref="Finish"/> was called and the buffer is empty, or nothing more can be written.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await LeaseAsync().ConfigureAwait(false) is { Count: > 0 } lease)
                if (!await WriteAsync(lease).ConfigureAwait(false)) return;
        }
        catch (Exception e)
        {
            run.Control.Fail($"{Failures.Sink(run.Definition.Sink.Path)} broke: {e.Message}");
        }
    }

    async ValueTask<LeasedBatch> LeaseAsync()
    {
        var request = new BatchRequest(BatchLines) { Wait = true, Consumer = "sink" };
        try
        {
            if (!finishing.IsCancellationRequested)
                return await run.Buffers.GetBatchAsync(run.Pipeline, PipelineRunner.SinkStage, request, finishing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (finishing.IsCancellationRequested)
        {
            // Then without waiting.
        }
        return await run.Buffers.GetBatchAsync(run.Pipeline, PipelineRunner.SinkStage, request with { Wait = false }).ConfigureAwait(false);
    }

    async ValueTask<bool> WriteAsync(LeasedBatch lease)
    {
        using var keeper = new LeaseKeeper(run, lease);
        try
        {
            await run.Pulse.WhileAsync(output.WriteAsync(lease.Records).AsTask()).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            await run.Buffers.ReturnToBufferAsync(run.Pipeline, lease.Stage, lease.Id, null, e.Message, charge: false).ConfigureAwait(false);
            if (e is IOException broken && Failures.IsBrokenPipe(broken)) run.Control.OutputClosed();
            else run.Control.Fail($"{Failures.Sink(run.Definition.Sink.Path)} cannot be written: {Failures.Reason(e, run.Definition.Sink.Path)}");
            return false;
        }
        if (run.Buffers.IsDurable && output.Length is not null)
        {
            // The length is kept with the settling: what is in the file beyond it was never settled, and is taken off before the next run writes.
            var settled = await run.Buffers.CompleteAsync(run.Pipeline, lease.Stage, lease.Id, null, run.Resuming.SinkNote(output)).ConfigureAwait(false);
            if (!settled.IsOk) output.TakeBack();
            else Interlocked.Add(ref written, lease.Count);
            run.Pulse.Beat();
            return true;
        }
        var answer = await run.Buffers.CompleteAsync(run.Pipeline, lease.Stage, lease.Id).ConfigureAwait(false);
        if (!answer.IsOk) run.Control.Warn($"{lease.Count} lines at the sink are written twice: the sink took longer than the lease of {run.Definition.LeaseTimeout}");
        Interlocked.Add(ref written, lease.Count);
        run.Pulse.Beat();
        return true;
    }
}
