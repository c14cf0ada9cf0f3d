using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Cli.Demo;

/// <summary>
/// A source that follows its signal: it continues, waits a little before each record, or pauses until the signal
/// changes.
/// </summary>
sealed class DemoSource(IBufferService buffers, string name, DemoPlan plan, DemoStory story, TimeProvider clock)
{
    long accepted;

    /// <summary>Gets the number of accepted records.</summary>
    public long Accepted => Volatile.Read(ref accepted);

    public async Task RunAsync(CancellationToken stop)
    {
        var poisonSent = name != DemoPlan.PoisonedSource;
        try
        {
            for (var number = 1; story.Elapsed < plan.SourcesEnd; number++)
            {
                var isPoison = !poisonSent && story.Elapsed >= plan.Poison;
                poisonSent |= isPoison;
                if (isPoison)
                    story.Add($"{name}: record {number} is poison: its price is not a number");
                var result = await buffers.BufferForStageAsync(
                    DemoPlan.Pipeline,
                    DemoPlan.Parse,
                    name,
                    DemoRecords.Create(name, number, isPoison),
                    null,
                    stop
                );
                Interlocked.Add(ref accepted, result.Accepted);
                await FollowSignalAsync(result.Signal, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The user stopped the demo.
        }
    }

    /// <summary>Adds every change of the signal's kind to the story until cancelled.</summary>
    public async Task ReportSignalsAsync(CancellationToken stop)
    {
        var last = BackpressureSignal.None;
        try
        {
            await foreach (var signal in buffers.SubscribeSignalsAsync(DemoPlan.Pipeline, name, stop))
            {
                if (signal.Kind != last.Kind)
                    story.Add($"{name}: {last.Kind} -> {signal}");
                last = signal;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The demo is over.
        }
    }

    async Task FollowSignalAsync(BackpressureSignal signal, CancellationToken stop)
    {
        var wait = signal.Delay > DemoPlan.Between ? signal.Delay : DemoPlan.Between;
        await Task.Delay(wait, clock, stop);
        if (signal.Kind != BackpressureKind.Pause)
            return;
        await foreach (var now in buffers.SubscribeSignalsAsync(DemoPlan.Pipeline, name, stop))
            if (now.Kind != BackpressureKind.Pause)
                return;
    }
}
