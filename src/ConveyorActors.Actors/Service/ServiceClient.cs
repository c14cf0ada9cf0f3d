using System.Threading.Channels;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Who a <see cref="ClusterBufferService"/> is to the other actors: the owner of its leases and waits, which end with it. It notices when the actors that it
/// talks to end, and ends, too. A crash does not end it.
/// </summary>
sealed class ServiceClient(IActorRef pipelines, TaskCompletionSource ended, bool watches) : UntypedActor
{
    /// <summary>Makes one that talks to whoever takes commands to pipelines.</summary>
    /// <returns>The actor, and what completes when it, or the pipelines' actor, ends.</returns>
    /// <param name="parent">Where it lives.</param>
    /// <param name="pipelines">Who takes commands to pipelines.</param>
    /// <param name="name">Its name; null: any.</param>
    /// <param name="watches">Whether it ends with <paramref name="pipelines"/>. Not where it ends with its parent anyway, and the other one may be created again.</param>
    public static (IActorRef Actor, Task Ended) Start(IActorRefFactory parent, IActorRef pipelines, string? name = null, bool watches = true)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (parent.ActorOf(Props.Create(() => new ServiceClient(pipelines, ended, watches)), name), ended.Task);
    }

    /// <summary>Listen to a source, until <see cref="StopListening"/> of the same number.</summary>
    public sealed record Listen(long Number, string Pipeline, string Source, ChannelWriter<BackpressureSignal> Signals) : INoSerializationVerificationNeeded;

    /// <summary>The signals are wanted no more.</summary>
    public sealed record StopListening(long Number) : INoSerializationVerificationNeeded;

    protected override void PreStart()
    {
        if (watches) Context.Watch(pipelines);
    }

    // What it watches it still watches, and its readers go on.
    protected override void PreRestart(Exception reason, object? message) { }

    protected override void PostRestart(Exception reason) { }

    protected override void PostStop() => ended.TrySetResult();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Listen m:
                var reader = Context.ActorOf(Props.Create(() => new SignalReader(m.Signals)), ReaderName(m.Number));
                pipelines.Tell(new SubscribeSignals(m.Pipeline, m.Source, reader), reader);
                break;
            case StopListening m:
                Context.Stop(Context.Child(ReaderName(m.Number)));
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    static string ReaderName(long number) => $"signals-{number}";
}

/// <summary>Takes a source's signals for one reader outside the actors.</summary>
sealed class SignalReader(ChannelWriter<BackpressureSignal> signals) : UntypedActor
{
    // Restarted with its parent, it goes on.
    protected override void PreRestart(Exception reason, object? message) { }

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
