using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The pipelines of one node: makes the manager of a pipeline on its first message and passes on what is meant for it. Where pipelines are spread over a
/// cluster, a shard region stands in its place.
/// </summary>
sealed class PipelinesActor(PipelineDirectory directory) : ConveyorActor
{
    public static Props Props(PipelineDirectory directory) => Akka.Actor.Props.Create(() => new PipelinesActor(directory));

    /// <summary>From now on, a pipeline that comes into being refuses everything: the whole is stopping.</summary>
    public sealed record StopNewOnes : INoSerializationVerificationNeeded;

    protected override bool Handle(object message)
    {
        switch (message)
        {
            case IPipelineCommand command:
                var manager = directory.Managers.Find(command.Pipeline) ?? Hire(command.Pipeline);
                manager.Forward(command);
                return true;
            case ILinkMessage link:
                directory.Links.Take(link, Sender, Context);
                return true;
            case GetPipelines:
                Sender.Reply(new NameList(directory.Names).About(message), Self);
                return true;
            case StopNewOnes:
                directory.StopsNewOnes = true;
                return true;
            case Terminated gone:
                directory.Managers.Remove(gone.ActorRef);
                directory.Links.Remove(gone.ActorRef);
                return true;
            default:
                return false;
        }
    }

    // Everybody below has stopped.
    protected override void PostStop()
    {
        directory.Managers.Clear();
        directory.Close();
    }

    IActorRef Hire(string pipeline)
    {
        Names.Checked(pipeline);
        return directory.Managers.Add(
            pipeline, Context.Watch(Context.ActorOf(BufferManagerActor.Props(directory.Open(pipeline)), ActorNames.Escaped(pipeline))));
    }
}
