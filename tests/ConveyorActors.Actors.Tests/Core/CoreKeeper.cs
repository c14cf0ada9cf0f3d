using ConveyorActors.Actors.Core;
using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Tests.Core;

/// <summary>In the place of the guardian: restarts the core buffer's actor, and says who it is.</summary>
sealed class CoreKeeper(CoreBuffer buffer, IActorRef pipelines) : UntypedActor
{
    protected override void PreStart() => buffer.Actor = Context.ActorOf(BufferActor.Props(buffer, pipelines), "core-0");

    protected override SupervisorStrategy SupervisorStrategy() => Supervision.RestartAlways;

    protected override void OnReceive(object message) => Sender.Tell(buffer.Actor);
}
