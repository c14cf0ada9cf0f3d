using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Lets a stage wait briefly for a full batch while more lines are on their way, because the start of a command costs
/// more than many lines do. Lines of which no more come soon are not delayed.
/// </summary>
/// <remarks>
/// A stage that drops lines does not wait, because it would drop more. Nor does a persistent command. A batch has lines
/// of one source, so with several sources the lines that come may not make it larger, and no stage waits.
/// </remarks>
sealed class BatchLinger(RunContext run, StageDefinition stage, LineProducers producers, BatchSize size)
{
    /// <summary>The longest time that lines wait for a full batch.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    /// <summary>The interval of checks how many lines wait.</summary>
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    readonly bool isUsed =
        run.Definition is { Sources.Count: 1, Patterns.Count: 0 }
        && !stage.IsPersistent
        && stage.FullMode == FullMode.Wait;

    /// <summary>
    /// Waits until there is a full batch, no more lines are on their way, or the first of them has waited long enough.
    /// </summary>
    public async ValueTask WaitAsync()
    {
        long? since = null;
        while (isUsed && producers.AreProducing && !run.Control.Ending.IsCancellationRequested)
        {
            var next = run.ProgressSignal.Next;
            var waiting = await CountWaitingAsync().ConfigureAwait(false);
            if (waiting >= size.Lines)
                return;
            if (waiting > 0)
            {
                since ??= run.Clock.GetTimestamp();
                if (run.Clock.GetElapsedTime(since.Value) >= Longest)
                    return;
            }
            await Task.WhenAny(next, Task.Delay(Interval, run.Clock, run.Control.Ending)).ConfigureAwait(false);
        }
    }

    async ValueTask<long> CountWaitingAsync()
    {
        var snapshot = await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false);
        return snapshot.Stages.FirstOrDefault(s => s.Stage == stage.Name) is { Level: var level }
            ? level.Buffered + level.Stored
            : 0;
    }
}
