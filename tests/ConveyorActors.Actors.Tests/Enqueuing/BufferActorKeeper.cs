using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>In the place of the guardian: restarts the buffer actor's actor, and says who it is.</summary>
sealed class BufferActorKeeper(BufferActorState buffer, IActorRef pipelines) : UntypedActor
{
    protected override void PreStart() =>
        buffer.Actor = Context.ActorOf(BufferActor.Props(buffer, pipelines), "core-0");

    protected override SupervisorStrategy SupervisorStrategy() => Supervision.RestartAlways;

    protected override void OnReceive(object message) => Sender.Tell(buffer.Actor);
}
