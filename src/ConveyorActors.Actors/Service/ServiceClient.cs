using System.Threading.Channels;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Who a <see cref="ClusterBufferService"/> is to the other actors: the owner of its leases and waits, which end with it. It notices when the actors that it
/// talks to end.
/// </summary>
sealed class ServiceClient(IActorRef pipelines) : UntypedActor
{
    const int MostKept = 256;

    TaskCompletionSource? ended;

    public static Props Props(IActorRef pipelines) => Akka.Actor.Props.Create(() => new ServiceClient(pipelines));

    /// <summary>Complete this when the pipelines' actors, or this one, end.</summary>
    public sealed record TellWhenEnded(TaskCompletionSource Ended) : INoSerializationVerificationNeeded;

    /// <summary>Listen to a source; answered with <see cref="Listening"/>.</summary>
    public sealed record Listen(string Pipeline, string Source) : INoSerializationVerificationNeeded;

    /// <summary>The signals, and the actor that gets them: stop it when they are wanted no more.</summary>
    public sealed record Listening(ChannelReader<BackpressureSignal> Signals, IActorRef Reader) : INoSerializationVerificationNeeded;

    protected override void PreStart() => Context.Watch(pipelines);

    protected override void PostStop() => ended?.TrySetResult();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TellWhenEnded m:
                ended = m.Ended;
                break;
            case Listen m:
                var signals = Channel.CreateBounded<BackpressureSignal>(new BoundedChannelOptions(MostKept)
                {
                    FullMode = BoundedChannelFullMode.DropOldest,
                    SingleReader = true,
                    SingleWriter = true,
                });
                var reader = Context.ActorOf(Akka.Actor.Props.Create(() => new SignalReader(signals.Writer)));
                pipelines.Tell(new SubscribeSignals(m.Pipeline, m.Source, reader), reader);
                Sender.Tell(new Listening(signals.Reader, reader), Self);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

/// <summary>Takes a source's signals for one reader outside the actors.</summary>
sealed class SignalReader(ChannelWriter<BackpressureSignal> signals) : UntypedActor
{
    protected override void PostStop() => signals.TryComplete();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SignalChanged changed:
                signals.TryWrite(changed.Signal);
                break;
            case SignalsEnded:
                Context.Stop(Self);
                break;
            case Failed failed:
                signals.TryComplete(Pipelines.Problems.ToException(failed));
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
