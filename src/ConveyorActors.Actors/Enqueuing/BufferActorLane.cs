using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The records that a buffer actor has gathered for one target: the batch that grows, and the batch that is on its way.
/// </summary>
/// <remarks>
/// Only one pass is under way at a time, so that a target's records arrive in the order in which they were enqueued
/// here. Meanwhile the next batch grows: the faster records come, the larger the batches.
/// </remarks>
sealed class BufferActorLane(BufferTarget target)
{
    const int FirstCapacity = 16;

    BufferActorBatch? spare;
    int largest;

    public BufferTarget Target { get; } = target;

    /// <summary>Gets the batch that grows.</summary>
    public BufferActorBatch Open { get; private set; } = new(FirstCapacity);

    /// <summary>Gets or sets whether the batch that grows must be sent as soon as no batch is on its way.</summary>
    public bool IsDue { get; set; }

    /// <summary>Gets or sets whether the lane is in the list of lanes that the next tick sends.</summary>
    public bool IsListed { get; set; }

    /// <summary>Gets the batch on its way; null: none.</summary>
    public BufferActorBatch? Out { get; private set; }

    /// <summary>Gets or sets the number of the pass that has no reply yet; 0: there is none.</summary>
    public long Pass { get; set; }

    /// <summary>Gets or sets the ticket that makes the pass take effect once.</summary>
    public PassTicket? Ticket { get; set; }

    /// <summary>Gets or sets how often the pass was checked since it was last sent.</summary>
    public int Checks { get; set; }

    /// <summary>Gets or sets whether the batch on its way was refused and waits to be offered again.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Gets or sets how many times in a row the batch on its way was refused.</summary>
    public int Refusals { get; set; }

    /// <summary>Gets or sets the reply to senders that wait for one while the lane is held.</summary>
    public IConveyorReply? Refusal { get; set; }

    /// <summary>Gets how many records the lane holds.</summary>
    public int Count => Open.Count + (Out?.Count ?? 0);

    /// <summary>Gets or sets how many of the lane's records are counted against the share.</summary>
    public int Counted { get; set; }

    /// <summary>
    /// Gets or sets whether the lane has used up its share. Its senders are then refused on their own thread.
    /// </summary>
    public bool IsOverfull { get; set; }

    public bool IsEmpty => Open.IsEmpty && Out is null;

    /// <summary>
    /// Gets whether the batch on its way has neither a pass nor a scheduled retry, because the actor crashed before it
    /// decided how to continue. The actor must send it again.
    /// </summary>
    public bool IsStranded => Out is not null && Pass == 0 && !IsHeld;

    /// <summary>Takes the next batch to send; null: a batch is on its way, or none is due.</summary>
    public BufferActorBatch? TakeNext()
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

    /// <summary>Ends the batch on its way.</summary>
    public void EndBatch()
    {
        if (Out is not { } done)
            return;
        Out = null;
        done.Clear();
        // The memory of a burst is released step by step.
        spare = done.Capacity > FirstCapacity && largest < done.Capacity / 4 ? new(done.Capacity / 2) : done;
    }
}
