using Akka.Event;
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
    readonly ChildBook managers = directory.Managers;

    public static Props Props(PipelineDirectory directory) => Akka.Actor.Props.Create(() => new PipelinesActor(directory));

    /// <summary>From now on, a pipeline that comes into being refuses everything: the whole is stopping.</summary>
    public sealed record StopNewOnes : INoSerializationVerificationNeeded;

    protected override MessageQueue Inbox => directory.Inbox;

    protected override bool Handle(object message)
    {
        switch (message)
        {
            case IPipelineCommand command:
                if (managers.Find(command.Pipeline) is null) CreateChild(command.Pipeline);
                managers.Send(command.Pipeline, command, Sender);
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
                directory.Links.Remove(gone.ActorRef);
                Gone(gone.ActorRef);
                return true;
            default:
                return false;
        }
    }

    void Gone(IActorRef manager)
    {
        var (name, unread, _) = managers.Remove(manager);
        if (name is null) return;
        var engine = directory.Open(name);
        var isNeeded = engine.WasManaged && (unread > 0 || engine.InNeed().Any());
        engine.WasManaged = false;
        if (isNeeded) CreateChild(name);
        else Problems.TellAll(managers.TakeUnread(name), Problems.Stopped);
        Supervision.LogStop(Context.GetLogger(), manager, isNeeded, unread);
    }

    protected override void PreStart()
    {
        directory.Inbox.ReadBy(Self);
        foreach (var name in directory.InNeed().Concat(managers.Orphans).Distinct(StringComparer.Ordinal).ToArray()) CreateChild(name);
    }

    // Everybody below has stopped. The engines stay, for the successor: the guardian closes them when it ends itself.
    protected override void PostStop()
    {
        managers.RemoveAll();
        directory.Links.RemoveAll();
    }

    void CreateChild(string pipeline)
    {
        Names.Checked(pipeline);
        managers.Add(pipeline, Context.Watch(Context.ActorOf(BufferManagerActor.Props(directory.Open(pipeline)), ActorNames.Escaped(pipeline))));
    }
}
