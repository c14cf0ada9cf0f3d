using System.Threading.Channels;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// A port's end of a link to buffers on another node. It opens the link with the first call, finds the server by its
/// path again after a restart, resends unconfirmed frames, and ends calls with an error if the server has ended or is
/// silent for too long. It uses no death watch: a failing watch over remoting would quarantine the two nodes for good.
/// </summary>
sealed class LinkClient(
    LinkRegistry registry,
    ActorSelection pipelines,
    WireSettings settings,
    int maxBytes,
    ConveyorSerializer serializer,
    TaskCompletionSource ended
) : UntypedActor, IWithTimers
{
    public static (IActorRef Actor, Task Ended) Start(
        IActorRefFactory parent,
        ActorSelection pipelines,
        WireSettings settings,
        int maxBytes,
        ConveyorSerializer serializer
    )
    {
        var (ended, registry) = (
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously),
            new LinkRegistry()
        );
        return (
            parent.ActorOf(
                Props.Create(() => new LinkClient(registry, pipelines, settings, maxBytes, serializer, ended))
            ),
            ended.Task
        );
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Sent when the caller has cancelled a call, so that its reply is no longer needed.</summary>
    public sealed record Forget(LinkRequest Call) : INoSerializationVerificationNeeded;

    /// <summary>Begins to read a source's signals, until <see cref="StopReading"/> with the same channel.</summary>
    public sealed record Read(string Pipeline, string Source, ChannelWriter<BackpressureSignal> Signals)
        : INoSerializationVerificationNeeded;

    /// <summary>Stops reading a source's signals.</summary>
    public sealed record StopReading(ChannelWriter<BackpressureSignal> Signals) : INoSerializationVerificationNeeded;

    sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    sealed record Confirm : INoSerializationVerificationNeeded
    {
        public static Confirm Instance { get; } = new();
    }

    long confirmed;

    TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    string Where =>
        pipelines.Anchor.Path.Address.HasGlobalScope
            ? $"{pipelines.Anchor.Path.Address}{pipelines.PathString}"
            : pipelines.PathString;

    protected override void PreRestart(Exception reason, object? message) { }

    protected override void PostRestart(Exception reason)
    {
        if (registry.Link is not null)
            Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, settings.ResendInterval);
    }

    protected override void PostStop()
    {
        if (registry.Link is { } link)
            SendToServer(new LinkControl(link.Link, LinkStep.Close, maxBytes));
        EndAll(
            "this service was disposed, or its actor has ended",
            registry.Link?.CallsNotSent ?? [],
            signalsFail: false
        );
        ended.TrySetResult();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkRequest call:
                Send(call);
                break;
            case Forget forget:
                foreach (var (number, call) in registry.Calls)
                    if (ReferenceEquals(call, forget.Call))
                    {
                        registry.Calls.Remove(number);
                        break;
                    }
                break;
            case Read read:
                var reader = ++registry.LastCall;
                registry.Readers[reader] = (read.Pipeline, read.Source, read.Signals);
                Begin()
                    .Send(LinkCall.Write(serializer, reader, new SubscribeSignals(read.Pipeline, read.Source, Self)));
                Pump();
                break;
            case StopReading stop:
                StopReader(stop.Signals);
                break;
            case LinkControl control when control.Link == registry.Link?.Link:
                Receive(control);
                break;
            case LinkFrame frame when frame.Link == registry.Link?.Link:
                Receive(frame);
                break;
            case ILinkMessage:
                break; // a message of a link that has ended
            case Confirm:
                if (registry.Link is { } link && link.Received > confirmed)
                    SendToServer(link.CreateConfirmation());
                confirmed = registry.Link?.Received ?? 0;
                break;
            case Tick:
                OnTick();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    LinkState Begin()
    {
        if (registry.Link is { } present)
            return present;
        registry.Link = new(Guid.NewGuid()) { MaxBytes = maxBytes };
        (registry.IsOpen, registry.Server, registry.LastHeard, registry.LastProgress, confirmed) = (
            false,
            null,
            Now,
            Now,
            0
        );
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, settings.ResendInterval);
        Probe();
        return registry.Link;
    }

    void Probe() =>
        pipelines.Tell(
            new LinkControl(registry.Link!.Link, registry.IsOpen ? LinkStep.Probe : LinkStep.Open, maxBytes),
            Self
        );

    void Send(LinkRequest call)
    {
        var number = ++registry.LastCall;
        if (call.Reply is not null)
            registry.Calls[number] = call;
        Begin().Send(new LinkCall(number, call.Manifest, call.Message).ToBytes(), call.Reply is null ? 0 : number);
        Pump();
    }

    void StopReader(ChannelWriter<BackpressureSignal> signals)
    {
        foreach (var (number, reader) in registry.Readers)
        {
            if (!ReferenceEquals(reader.Signals, signals))
                continue;
            registry.Readers.Remove(number);
            registry.Link?.Send(
                LinkCall.Write(serializer, number, new UnsubscribeSignals(reader.Pipeline, reader.Source, Self))
            );
            Pump();
            break;
        }
    }

    void Pump()
    {
        if (!registry.IsOpen || registry.Link is not { } link)
            return;
        foreach (var frame in link.TakeNew())
        {
            SendToServer(frame);
            confirmed = link.Received;
        }
    }

    void SendToServer(ILinkMessage message)
    {
        if (registry.Server is { } server)
            server.Tell(message, Self);
        else
            pipelines.Tell(message, Self);
    }

    void Receive(LinkControl control)
    {
        switch (control.Step)
        {
            case LinkStep.Opened:
                (registry.LastHeard, registry.Server) = (Now, Sender);
                registry.Link!.MaxBytes = Math.Min(maxBytes, control.MaxBytes);
                registry.IsOpen = true;
                Pump();
                break;
            case LinkStep.Unknown:
                End($"{Where} has ended or was restarted, and does not know the calls that were made before");
                break;
            case LinkStep.Ended:
                registry.Link!.Confirm(control.Received);
                End($"{Where} has ended", registry.Link.CallsNotConfirmed);
                break;
        }
    }

    void Receive(LinkFrame frame)
    {
        registry.LastHeard = Now;
        var link = registry.Link!;
        var before = link.Received;
        foreach (var message in link.Receive(frame))
            Take(LinkCall.FromBytes(message));
        if (registry.Link != link)
            return;
        registry.LastProgress = Now;
        if (frame.Number > 0)
        {
            if (link.Received == before)
                confirmed = Math.Min(confirmed, before - 1); // the confirmation was lost: send it again
            Self.Tell(Confirm.Instance, ActorRefs.NoSender);
        }
        Pump();
    }

    void Take(LinkCall reply)
    {
        object message;
        try
        {
            message = reply.Read(serializer);
        }
        catch (System.Runtime.Serialization.SerializationException unreadable)
        {
            message = new Failed(Problem.Crashed, unreadable.Message);
        }
        if (registry.Readers.TryGetValue(reply.Call, out var reader))
            Receive(reply.Call, reader.Signals, message);
        else if (registry.Calls.Remove(reply.Call, out var call))
            call.Reply!.TrySetResult(message);
    }

    void Receive(long number, ChannelWriter<BackpressureSignal> signals, object message)
    {
        switch (message)
        {
            case SignalChanged changed:
                signals.TryWrite(changed.Signal);
                return;
            case Failed failed:
                signals.TryComplete(Problems.ToException(failed));
                break;
            default:
                signals.TryComplete();
                break;
        }
        registry.Readers.Remove(number);
    }

    void OnTick()
    {
        if (registry.Link is not { } link)
            return;
        var silence = Now - registry.LastHeard;
        if (silence >= settings.GiveUpAfter)
        {
            End(
                FormattableString.Invariant(
                    $"{Where} has sent nothing for {settings.GiveUpAfter.TotalSeconds} s, although it was called every {settings.ResendInterval.TotalSeconds} s"
                )
            );
            return;
        }
        if (!registry.IsOpen)
        {
            if (registry.Calls.Count == 0 && registry.Readers.Count == 0)
                End("nobody waits for it");
            else
                Probe();
            return;
        }
        if (silence > settings.ResendInterval * 2)
            Probe();
        foreach (var frame in link.GetFramesToResend())
            SendToServer(frame);
        SendToServer(link.CreateConfirmation());
    }

    /// <param name="why">The reason why the link ends.</param>
    /// <param name="notDone">The calls that were not executed and will not be; null: those that were not sent.</param>
    void End(string why, IEnumerable<long>? notDone = null)
    {
        Timers.Cancel(Tick.Instance);
        if (registry.Link is { } link)
            SendToServer(new LinkControl(link.Link, LinkStep.Close, maxBytes));
        notDone ??= registry.Link?.CallsNotSent;
        (registry.Link, registry.IsOpen, registry.Server) = (null, false, null);
        EndAll(why, notDone ?? [], signalsFail: true);
    }

    void EndAll(string why, IEnumerable<long> notDone, bool signalsFail)
    {
        foreach (var number in notDone)
            if (registry.Calls.Remove(number, out var call))
                call.Reply!.TrySetException(
                    new BufferServiceException(
                        new Failed(Problem.NotNow, $"{call.Shown} got no reply: {why}. Nothing was done.")
                    )
                );
        foreach (var (_, call) in registry.Calls)
            call.Reply!.TrySetException(
                new BufferServiceException($"{call.Shown} got no reply: {why}. Whether it took effect is not known.")
            );
        foreach (var (_, reader) in registry.Readers)
            reader.Signals.TryComplete(
                signalsFail
                    ? new BufferServiceException(
                        $"The signals of source '{reader.Source}' of pipeline '{reader.Pipeline}' end here: {why}."
                    )
                    : null
            );
        registry.Calls.Clear();
        registry.Readers.Clear();
    }
}
