using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Sets and lifts operators' holds of sources and stages.</summary>
sealed class OperatorHoldManager<T>(ManagerParts<T> parts)
{
    readonly Lock structure = parts.Structure;
    readonly EngineClock clock = parts.Clock;
    readonly IBufferStore<T>? store = parts.Store;
    public readonly OperatorHolds Table = new();

    public bool Pause(HoldTarget target, string name) => SetHold(target, name, isHeld: true);

    public bool Resume(HoldTarget target, string name)
    {
        if (!SetHold(target, name, isHeld: false))
            return false;
        if (target == HoldTarget.Source)
            parts.Room.Pump();
        else if (parts.Stages.TryEnter(name) is { } stage)
            parts.Sessions.Leave(stage); // wakes the stage's consumers
        return true;
    }

    bool SetHold(HoldTarget target, string name, bool isHeld)
    {
        target.Validate(name);
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                if (!(isHeld ? Table.Add(target, name, clock.GetDate(clock.NowMs)) : Table.Remove(target, name)))
                    return false;
                if (target == HoldTarget.Source)
                {
                    if (parts.Sources.All.TryGetValue(name, out var source))
                        source.SetHeld(isHeld);
                }
                else if (parts.Stages.All.TryGetValue(name, out var stage))
                    stage.IsHeldByOperator = isHeld;
                store?.Append([new("", new StageEvent<T>.CheckpointSet(Table.ToCheckpoint()))]);
                return true;
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
    }

    /// <summary>Copies the holds of a manager that this one replaces. Called before this manager is used.</summary>
    public void HoldLike(BufferManager<T> other) => Table.Restore(other.Parts.Holds.Table);
}
