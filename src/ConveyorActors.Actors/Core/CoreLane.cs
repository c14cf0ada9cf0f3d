using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>What a core buffer has gathered for one target: the batch that grows, and the one that is on its way.</summary>
/// <remarks>
/// One pass at a time, so that a target's records arrive in the order in which they were enqueued here; while it is on its way the next one grows, so the
/// batches are larger the faster records come.
/// </remarks>
sealed class CoreLane(BufferTarget target)
{
    const int FirstCapacity = 16;

    CoreBatch? spare;

    public BufferTarget Target { get; } = target;

    /// <summary>The batch that grows.</summary>
    public CoreBatch Open { get; private set; } = new(FirstCapacity);

    /// <summary>The batch that grows is to go as soon as none is on its way.</summary>
    public bool IsDue { get; set; }

    /// <summary>It is in the list of lanes that the next tick looks at.</summary>
    public bool IsListed { get; set; }

    /// <summary>The batch on its way; null: none.</summary>
    public CoreBatch? Out { get; private set; }

    /// <summary>The batch on its way was refused and waits to be offered again.</summary>
    public bool IsHeld { get; set; }

    /// <summary>How often in a row it was refused.</summary>
    public int Refusals { get; set; }

    /// <summary>What whoever waits for an answer is told while the lane is held.</summary>
    public IConveyorReply? Refusal { get; set; }

    public bool IsEmpty => Open.Count == 0 && Out is null;

    /// <summary>The next batch to go; null when one is on its way or none is due.</summary>
    public CoreBatch? Next()
    {
        if (Out is not null || !IsDue || Open.Count == 0) return null;
        IsDue = false;
        Out = Open;
        Open = spare ?? new(FirstCapacity);
        spare = null;
        return Out;
    }

    /// <summary>The batch that was on its way is done with.</summary>
    public void Done()
    {
        if (Out is not { } done) return;
        Out = null;
        done.Clear();
        spare = done;
    }
}
