using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// Passes on what came to a node that does not have the pipeline: commands go through the region, with their sender; what core buffers pass on goes through the port,
/// which follows the pipeline when it moves.
/// </summary>
sealed class RegionDoor(IActorRef region, IBufferService service) : UntypedActor
{
    public static Props Props(IActorRef region, IBufferService service) => Akka.Actor.Props.Create(() => new RegionDoor(region, service));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BufferPartsForStage { Ticket: { } ticket } when !ticket.TryBegin():
                if (ticket.Result is { } known) Sender.Tell(known, Self);
                break;
            case BufferPartsForStage pass:
                StageParts.OfferAsync(service, pass).AsTask().PipeTo(Sender, Self);
                break;
            case IPipelineCommand command:
                region.Tell(command, Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
