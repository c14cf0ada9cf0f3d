using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// Forwards messages from a node that does not have their pipeline. Commands go through the region, with their sender;
/// batches of buffer actors go through the buffer service, which follows the pipeline when it moves.
/// </summary>
sealed class RegionForwarder(IActorRef region, IBufferService service) : UntypedActor
{
    public static Props Props(IActorRef region, IBufferService service) =>
        Akka.Actor.Props.Create(() => new RegionForwarder(region, service));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BufferPartsForStage { Ticket: { } ticket } when !ticket.TryBegin():
                if (ticket.Result is { } known)
                    Sender.Tell(known, Self);
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
