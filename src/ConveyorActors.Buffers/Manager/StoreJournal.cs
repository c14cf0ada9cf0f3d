using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Passes changes to the store.</summary>
sealed class StoreJournal<T>(ManagerParts<T> parts)
{
    readonly IBufferStore<T>? store = parts.Store;

    public Task<bool> FlushAsync() => store?.FlushAsync() ?? Task.FromResult(true);

    /// <summary>Blocks an offer while the store is behind, because the disk is slower than memory.</summary>
    public void WaitWhileBehind()
    {
        if (store!.IsBehind)
            store.CatchUpAsync().GetAwaiter().GetResult();
    }

    public void AppendUnit_NeedsLock(StageState<T> stage)
    {
        if (stage.Unit.Count == 0)
            return;
        for (var i = stage.Unit.Count - 1; i >= 0; i--)
        {
            var source = stage.Unit[i].Event switch
            {
                StageEvent<T>.Buffered buffered => buffered.Source,
                StageEvent<T>.Unparked unparked => unparked.Source,
                _ => null,
            };
            if (source is not null && stage.Buffer.FindQueue(source) is { } queue)
                AddRefusals_NeedsLock(stage, queue);
        }
        store!.Append(CollectionsMarshal.AsSpan(stage.Unit));
        stage.Unit.Clear();
    }

    /// <summary>
    /// Adds the refusals of a queue to the unit. They need not be on disk at once: they are written with the next
    /// change, or at the end.
    /// </summary>
    public static void AddRefusals_NeedsLock(StageState<T> stage, SourceQueue<T> queue)
    {
        var losses = queue.Counts.Losses;
        var count = losses.Refused + losses[LossReason.DroppedNewest];
        if (count == queue.RefusalsRecorded)
            return;
        queue.RefusalsRecorded = count;
        stage.AddEvent(
            new StageEvent<T>.Refused(
                queue.SourceId,
                [.. losses.GetRows().Where(r => r.Reason <= LossReason.Held || r.Reason == LossReason.DroppedNewest)]
            )
        );
    }

    public void AppendAllRefusals()
    {
        foreach (var (_, stage) in parts.Stages.All)
        {
            using (stage.Gate.Pass())
            {
                foreach (var queue in stage.Buffer.Queues)
                    AddRefusals_NeedsLock(stage, queue);
                AppendUnit_NeedsLock(stage);
            }
        }
    }

    public void AppendRemoval_NeedsLock(StageState<T> stage, SourceQueue<T> queue)
    {
        AddRefusals_NeedsLock(stage, queue);
        stage.AddEvent(new StageEvent<T>.SourceRemoved(queue.SourceId));
        AppendUnit_NeedsLock(stage);
    }
}
