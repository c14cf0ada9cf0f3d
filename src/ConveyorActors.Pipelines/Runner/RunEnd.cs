using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Sinks;

namespace ConveyorActors.Pipelines.Runner;

/// <summary>Ends a run when everything is read and settled, when it is stopped, or when it cannot continue.</summary>
sealed class RunEnd(RunContext run)
{
    /// <summary>The time that the sink may continue writing after everything else has ended.</summary>
    static readonly TimeSpan SinkGrace = TimeSpan.FromSeconds(2);

    readonly RunControl control = run.Control;
    volatile bool isTimeUp;

    /// <summary>
    /// Stops the run at the user's request. Lines that a run without a data directory has read from a followed file
    /// would be lost, so they may first pass through.
    /// </summary>
    public void Stop()
    {
        if (!run.Definition.Follows || run.Buffers.IsDurable)
        {
            control.Interrupt();
            return;
        }
        control.StopReading();
        _ = InterruptInTimeAsync();
    }

    /// <summary>Lets the consumers end once everything is read and settled.</summary>
    public async Task FinishAsync(Task reading, LineSink sink)
    {
        try
        {
            await reading.ConfigureAwait(false);
            while (true)
            {
                var next = run.ProgressSignal.Next;
                if (await IsAllSettledAsync().ConfigureAwait(false))
                    break;
                await next.WaitAsync(control.Ending).ConfigureAwait(false);
            }
            // If reading was stopped, a source may not have read its header yet.
            if (!control.Reading.IsCancellationRequested)
                await sink.WriteHeaderAsync(run.Definition.Sources.Select(s => s.Name)).ConfigureAwait(false);
            await run.Buffers.StopAsync(run.Pipeline, TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (control.Ending.IsCancellationRequested)
        {
            // EndEarlyAsync ends the run now.
        }
        catch (Exception e)
        {
            control.Fail($"the pipeline failed unexpectedly at its end: {e.Message}");
        }
    }

    /// <summary>
    /// Lets running commands finish until the deadline. Results that are ready by then are still written.
    /// </summary>
    public async Task EndEarlyAsync(Task reading, Task working, Task writing, LineSink sink)
    {
        using var over = new CancellationTokenSource();
        var deadline = isTimeUp ? Task.CompletedTask : Task.Delay(run.Definition.StopDeadline, run.Clock, over.Token);
        await Task.WhenAny(working, deadline).ConfigureAwait(false);
        control.Kill();
        await Task.WhenAll(working, reading).ConfigureAwait(false);
        sink.Finish();
        // The reader of the sink may have stopped reading; the end of the run must not wait for it.
        await Task.WhenAny(writing, Task.Delay(SinkGrace, run.Clock, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        // Not earlier: consumers of a stopped pipeline get nothing more.
        await run.Buffers.StopAsync(run.Pipeline, TimeSpan.Zero).ConfigureAwait(false);
    }

    async Task InterruptInTimeAsync()
    {
        try
        {
            await Task.Delay(run.Definition.StopDeadline, run.Clock, control.Ending).ConfigureAwait(false);
            isTimeUp = true;
            control.Interrupt();
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }

    async ValueTask<bool> IsAllSettledAsync()
    {
        // This is called after each batch, so the snapshot comes last: it has a row per source and is slow with
        // thousands of them.
        if (await run.Buffers.GetGlobalUtilizationAsync(run.Pipeline).ConfigureAwait(false) > 0)
            return false;
        // Results between two stages are in neither stage, but the room they have reserved counts as used. Records
        // waiting on disk use no room but are pending.
        return (await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false)).Total
            is { Pending: 0, Used: 0 };
    }
}
