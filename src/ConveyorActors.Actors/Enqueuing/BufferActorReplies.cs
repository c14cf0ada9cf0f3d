using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The replies that a buffer actor has decided on and not sent yet. They are sent once the room that their records took
/// is free again, so that a sender that continues at its reply finds that room.
/// </summary>
/// <remarks>Used by the buffer actor alone. Outlives restarts of the actor.</remarks>
sealed class BufferActorReplies
{
    readonly Queue<(IActorRef To, IConveyorReply Reply)> unsent = [];

    public void Add(IActorRef to, IConveyorReply reply) => unsent.Enqueue((to, reply));

    public void Send(IActorRef from)
    {
        while (unsent.TryDequeue(out var next))
            next.To.Tell(next.Reply, from);
    }
}
