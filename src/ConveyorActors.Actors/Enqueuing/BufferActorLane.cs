using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// What a buffer actor has gathered for one target: the batch that grows, and the one that is on its way.
/// </summary>
/// <remarks>
/// One pass at a time, so that a target's records arrive in the order in which they were enqueued here; while it is on
/// its way the next one grows, so the batches are larger the faster records come.
/// </remarks>
sealed class BufferActorLane(BufferTarget target)
{
    const int FirstCapacity = 16;

    BufferActorBatch? spare;
    int largest;

    public BufferTarget Target { get; } = target;

    /// <summary>The batch that grows.</summary>
    public BufferActorBatch Open { get; private set; } = new(FirstCapacity);

    /// <summary>The batch that grows is to go as soon as none is on its way.</summary>
    public bool IsDue { get; set; }

    /// <summary>It is in the list of lanes that the next tick looks at.</summary>
    public bool IsListed { get; set; }

    /// <summary>The batch on its way; null: none.</summary>
    public BufferActorBatch? Out { get; private set; }

    /// <summary>The number of the pass that is not answered yet; 0: there is none.</summary>
    public long Pass { get; set; }

    /// <summary>Makes the pass take effect once.</summary>
    public PassTicket? Ticket { get; set; }

    /// <summary>Gets or sets how often the pass was checked since it was last sent.</summary>
    public int Looks { get; set; }

    /// <summary>The batch on its way was refused and waits to be offered again.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Gets or sets how often in a row it was refused.</summary>
    public int Refusals { get; set; }

    /// <summary>Gets or sets the reply to senders that wait for one while the lane is held.</summary>
    public IConveyorReply? Refusal { get; set; }

    /// <summary>Gets how many records the lane holds.</summary>
    public int Count => Open.Count + (Out?.Count ?? 0);

    /// <summary>Gets or sets how many records were counted against the share.</summary>
    public int Counted { get; set; }

    /// <summary>Whether the lane has used up its share: senders are refused on their own thread.</summary>
    public bool IsOverfull { get; set; }

    public bool IsEmpty => Open.IsEmpty && Out is null;

    /// <summary>
    /// Nobody will bring the batch forward: the actor crashed before it had decided what is to become of it.
    /// </summary>
    public bool IsStranded => Out is not null && Pass == 0 && !IsHeld;

    /// <summary>The next batch to go; null when one is on its way or none is due.</summary>
    public BufferActorBatch? Next()
    {
        if (Out is not null || !IsDue || Open.IsEmpty)
            return null;
        IsDue = false;
        Out = Open;
        largest = Out.Count;
        Open = spare ?? new(FirstCapacity);
        spare = null;
        return Out;
    }

    /// <summary>The batch that was on its way is done with.</summary>
    public void Done()
    {
        if (Out is not { } done)
            return;
        Out = null;
        done.Clear();
        // The memory of a burst is not kept for ever.
        spare = done.Capacity > FirstCapacity && largest < done.Capacity / 4 ? new(done.Capacity / 2) : done;
    }
}
