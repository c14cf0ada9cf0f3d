using System.Threading.Channels;
using Akka.Event;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// The actor of an <see cref="ActorBufferService"/>. It subscribes to the signals that programs read, and detects the
/// end of the actors that it sends to. A crash does not end it.
/// </summary>
sealed class ServiceClient(ServiceOwner owner, IActorRef pipelines, bool endsWithActor) : ConveyorActor
{
    public static Props Props(ServiceOwner owner, IActorRef pipelines, bool endsWithActor) =>
        Akka.Actor.Props.Create(() => new ServiceClient(owner, pipelines, endsWithActor));

    /// <summary>Begins to read a source's signals, until <see cref="StopListening"/> with the same number.</summary>
    public sealed record Listen(long Number, string Pipeline, string Source, ChannelWriter<BackpressureSignal> Signals);

    /// <summary>Stops reading a source's signals.</summary>
    public sealed record StopListening(long Number) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Sent when the service was disposed.</summary>
    public sealed record Finish
    {
        public static Finish Instance { get; } = new();
    }

    protected override MessageQueue Inbox => owner.Inbox;

    protected override void PreStart()
    {
        if (endsWithActor)
            Context.Watch(pipelines);
        owner.Inbox.ReadBy(Self);
        foreach (var (listen, _) in owner.Readers.Values.ToArray())
            Read(listen);
    }

    protected override void PostStop()
    {
        if (!endsWithActor && !owner.IsFinished)
            return; // the actor's successor continues to read
        foreach (var (listen, _) in owner.Readers.Values)
            listen.Signals.TryComplete();
        if (endsWithActor)
            owner.End();
    }

    protected override bool Handle(object message)
    {
        switch (message)
        {
            case Listen m:
                Read(m);
                return true;
            case StopListening m:
                if (owner.Readers.Remove(m.Number, out var ended))
                    Context.Stop(ended.Actor);
                return true;
            case Finish:
                Context.Stop(Self);
                return true;
            case Terminated { ActorRef: var terminated } when terminated.Equals(pipelines):
                Context.Stop(Self);
                return true;
            case Terminated { ActorRef: var terminated }:
                foreach (var (listen, actor) in owner.Readers.Values.ToArray())
                    if (terminated.Equals(actor))
                        Read(listen);
                return true;
            default:
                return false;
        }
    }

    void Read(Listen listen)
    {
        var reader = Context.Watch(Context.ActorOf(Akka.Actor.Props.Create(() => new SignalReader(listen))));
        owner.Readers[listen.Number] = (listen, reader);
        pipelines.Tell(new SubscribeSignals(listen.Pipeline, listen.Source, reader), reader);
    }
}

/// <summary>
/// Receives a source's signals for one reader outside the actors. If it is stopped by hand, another one takes its
/// place.
/// </summary>
sealed class SignalReader(ServiceClient.Listen listen) : UntypedActor
{
    // A reader that is restarted with its parent continues to read.
    protected override void PreRestart(Exception reason, object? message) { }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SignalChanged changed:
                listen.Signals.TryWrite(changed.Signal);
                break;
            case SignalsEnded:
                End(null);
                break;
            case Failed failed:
                End(Problems.ToException(failed));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    void End(Exception? why)
    {
        listen.Signals.TryComplete(why);
        Context.Parent.Tell(new ServiceClient.StopListening(listen.Number), Self);
    }
}
