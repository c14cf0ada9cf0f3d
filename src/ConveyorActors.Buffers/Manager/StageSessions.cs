using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Enters a stage's gate for a source, and leaves it. Leaving performs all actions that follow from changes made under
/// the gate.
/// </summary>
sealed class StageSessions<T>(ManagerParts<T> parts)
{
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly RefusedSources<T> refusals = parts.Refusals;

    /// <summary>
    /// Finds or creates a stage and a source, and enters the stage's gate; tries again when one of them was removed
    /// meanwhile.
    /// </summary>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="isOffer">True when the session only places records, and sets no other deadline.</param>
    public StageSession<T> Enter(string stage, string source, bool isOffer = false)
    {
        while (true)
        {
            var from = parts.Sources.GetOrAddSource(source);
            var to = parts.Stages.Enter(stage);
            if (parts.Sources.FindQueue_NeedsLock(to, from) is { } queue)
                return new(this, to, queue, isOffer);
            to.Gate.Exit();
        }
    }

    /// <summary>Leaves a stage's gate and performs the actions that follow from changes made under it.</summary>
    public void Leave(StageState<T> stage, bool mayHaveDeadline = true)
    {
        stage.Buffer.AssertInvariants();
        // The zones of all levels are updated before any signal is computed, so that no signal is based on an
        // intermediate fill.
        var globalChanged = global.RefreshZone(stage.Now);
        stage.RefreshZone_NeedsLock();
        stage.WakeConsumer_NeedsLock();
        var due = mayHaveDeadline ? stage.NextDue : long.MaxValue;
        // A record that may be dropped to make room ends a refusal as free room does. To find it takes time, so it is
        // looked for only while a source waits.
        var freed = (!refusals.IsEmpty && stage.UpdateNextDropped_NeedsLock()) | stage.FreedRoom;
        var refusedQueue = stage.RefusedQueue;
        if (store is not null)
            parts.Journal.AppendUnit_NeedsLock(stage);
        stage.Gate.Exit();
        if (globalChanged)
            parts.Sources.UpdateAllSignals();
        parts.Timer.ArmFor(due);
        if (refusedQueue is not null)
            // Room may have become free between the refusal and the registration.
            refusals.Wake(refusedQueue, parts.Admission.CanTake);
        if (!freed)
            return;
        if (!parts.Backlog.Pending.IsEmpty)
            parts.Backlog.LoadSoon();
        if (!parts.Room.Waiting.IsEmpty)
            parts.Room.Pump();
        if (!refusals.IsEmpty)
            refusals.Wake(null, parts.Admission.CanTake);
        if (parts.State == ManagerState.Draining)
            parts.Stop.CheckDrained();
    }
}
