using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Enters a stage's gate for a source, and leaves it: the one list of what follows from what happened under it.
/// </summary>
sealed class StageSessions<T>(ManagerParts<T> parts)
{
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly RefusedSources<T> refusals = parts.Refusals;

    /// <summary>
    /// Looks a stage and a source up, creating them if need be, and enters the stage's gate; looks again when one of
    /// them was removed meanwhile.
    /// </summary>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="isOffer">Whether records will be placed, and nothing else that has a deadline.</param>
    public StageSession<T> Enter(string stage, string source, bool isOffer = false)
    {
        while (true)
        {
            var from = parts.Sources.SourceOf(source);
            var to = parts.Stages.Enter(stage);
            if (parts.Sources.QueueOf_NeedsLock(to, from) is { } queue)
                return new(this, to, queue, isOffer);
            to.Gate.Exit();
        }
    }

    /// <summary>Leaves a stage's gate and does what follows from what happened under it.</summary>
    public void Leave(StageState<T> stage, bool mayHaveDeadline = true)
    {
        stage.Buffer.AssertInvariants();
        // The zones of all levels are up to date before any signal is worked out: a signal must not fall on a fill that
        // was never there.
        var globalChanged = global.RefreshZone(stage.Now);
        stage.RefreshZone_NeedsLock();
        stage.WakeConsumer_NeedsLock();
        var due = mayHaveDeadline ? stage.NextDue : long.MaxValue;
        var (freed, refusedQueue) = (stage.FreedRoom, stage.RefusedQueue);
        if (store is not null)
            parts.Journal.Tell_NeedsLock(stage);
        stage.Gate.Exit();
        if (globalChanged)
            parts.Sources.UpdateAllSignals();
        parts.Timer.ArmFor(due);
        if (refusedQueue is not null)
            // room may have become free between the refusal and the entry
            refusals.Wake(refusedQueue, parts.Admission.WouldTake);
        if (!freed)
            return;
        if (!parts.Backlog.Pending.IsEmpty)
            parts.Backlog.LoadSoon();
        if (!parts.Room.Waiting.IsEmpty)
            parts.Room.Pump();
        if (!refusals.IsEmpty)
            refusals.Wake(null, parts.Admission.WouldTake);
        if (parts.State == ManagerState.Draining)
            parts.Stop.CheckDrained();
    }
}
