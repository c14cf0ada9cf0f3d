using System.Runtime.Serialization;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// The server's end of a link. Executes a port's calls as an actor of this node, which owns the port's leases and
/// waits, so that they end with it. The session ends when the port closes the link or is silent for too long.
/// </summary>
sealed class LinkSession : UntypedActor, IWithTimers
{
    const int MaxSignalsKept = 256,
        TicksOfSilence = 4;

    static readonly Failed Stopping = new(Problem.Crashed, "The node that holds the buffers is stopping.");

    readonly LinkState link;
    readonly IActorRef pipelines;
    readonly WireSettings settings;
    readonly int maxBytes;
    readonly ConveyorSerializer serializer;
    readonly Func<bool> isStopping;
    readonly Func<string, bool> serves;
    readonly CancellationTokenSource ended = new();
    readonly Dictionary<long, IActorRef> readers = [];
    IActorRef port;
    TimeSpan lastHeard;
    long confirmed;
    int underWay; // calls that have no reply yet
    bool portHasEnded,
        isClosing;

    public LinkSession(
        LinkControl open,
        IActorRef port,
        IActorRef pipelines,
        WireSettings settings,
        int maxBytes,
        Func<bool> isStopping,
        Func<string, bool> serves
    )
    {
        (this.port, this.pipelines, this.settings, this.isStopping, this.serves) = (
            port,
            pipelines,
            settings,
            isStopping,
            serves
        );
        this.maxBytes = Math.Min(maxBytes, open.MaxBytes);
        serializer = ConveyorSerializer.Register((ExtendedActorSystem)Context.System);
        link = new(open.Link) { MaxBytes = this.maxBytes };
        lastHeard = Now;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    sealed record Confirm : INoSerializationVerificationNeeded
    {
        public static Confirm Instance { get; } = new();
    }

    /// <summary>
    /// Ends the link in order: no new call is executed, the calls under way get their replies, and then the port is
    /// notified.
    /// </summary>
    public sealed record CloseInOrder : INoSerializationVerificationNeeded
    {
        public static CloseInOrder Instance { get; } = new();
    }

    sealed record Done(long Call, IConveyorMessage Command, object Reply) : INoSerializationVerificationNeeded;

    /// <summary>
    /// A message for one of the port's readers of signals. A message other than <see cref="SignalChanged"/> is the last
    /// one.
    /// </summary>
    public sealed record ReaderMessage(long Call, object Message) : INoSerializationVerificationNeeded;

    protected override void PreStart() =>
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, settings.ResendInterval);

    // The session's state is lost with it: the port is notified, and opens a new link.
    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    protected override void PostStop()
    {
        ended.Cancel();
        if (!portHasEnded)
            NotifyEnd();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkControl { Step: LinkStep.Close }:
                portHasEnded = true;
                Context.Stop(Self);
                break;
            case LinkControl:
                (port, lastHeard) = (Sender, Now);
                port.Tell(new LinkControl(link.Link, LinkStep.Opened, maxBytes), Self);
                break;
            case LinkFrame frame:
                Receive(frame);
                break;
            case Done done:
                underWay--;
                Reply(done.Call, ToReply(done));
                break;
            case CloseInOrder:
                isClosing = true;
                EndIfClosing();
                break;
            case ReaderMessage reply:
                Receive(reply);
                break;
            case Confirm:
                if (link.Received > confirmed)
                    port.Tell(link.CreateConfirmation(), Self);
                confirmed = link.Received;
                break;
            case Tick:
                if (Now - lastHeard >= (isClosing ? settings.ResendInterval * TicksOfSilence : settings.GiveUpAfter))
                    Context.Stop(Self);
                foreach (var frame in link.GetFramesToResend())
                    port.Tell(frame, Self);
                port.Tell(link.CreateConfirmation(), Self);
                EndIfClosing();
                break;
            case WaitCancelled or Failed:
                break; // the reply to a wait that was cancelled on request
            default:
                Unhandled(message);
                break;
        }
    }

    void Receive(LinkFrame frame)
    {
        lastHeard = Now;
        if (isClosing)
        {
            link.Confirm(frame.Received);
            Pump();
            EndIfClosing();
            return;
        }
        var before = link.Received;
        foreach (var message in link.Receive(frame))
            Take(LinkCall.FromBytes(message));
        if (frame.Number > 0)
        {
            if (link.Received == before)
                confirmed = Math.Min(confirmed, before - 1); // the confirmation was lost: send it again
            Self.Tell(Confirm.Instance, ActorRefs.NoSender);
        }
        Pump();
    }

    /// <summary>
    /// Notifies the port of the end of the link, once the port has all replies. Repeated with every tick until the port
    /// closes the link.
    /// </summary>
    void EndIfClosing()
    {
        if (isClosing && underWay == 0 && link.IsConfirmed)
            NotifyEnd();
    }

    void NotifyEnd() =>
        port.Tell(new LinkControl(link.Link, LinkStep.Ended, maxBytes) { Received = link.Received }, Self);

    void Take(LinkCall call)
    {
        IConveyorMessage command;
        try
        {
            command = (IConveyorMessage)call.Read(serializer);
        }
        catch (Exception unreadable) when (unreadable is SerializationException or InvalidCastException)
        {
            Reply(call.Call, new Failed(Problem.Argument, unreadable.Message));
            return;
        }
        switch (command)
        {
            case SubscribeSignals m:
                readers[call.Call] = Context.ActorOf(
                    Props.Create(() => new SignalRelay(call.Call, m, pipelines, Self))
                );
                break;
            case UnsubscribeSignals:
                if (readers.Remove(call.Call, out var reader))
                    Context.Stop(reader);
                break;
            case CancelWait m:
                pipelines.Tell(new LocalOnly(m), Self);
                break;
            default:
                Execute(call.Call, AddOwner(command));
                break;
        }
    }

    IConveyorMessage AddOwner(IConveyorMessage command) =>
        command switch
        {
            GetBatch m => m with
            {
                Owner = Self,
                MaxBytes = maxBytes,
                Request = m.Request.Consumer is null
                    ? m.Request with
                    {
                        Consumer = port.Path.ToStringWithAddress(),
                    }
                    : m.Request,
            },
            BufferForStage m => m with { Owner = Self },
            BufferBatchForStage m => m with { Owner = Self },
            RequestCredits m => m with { Owner = Self },
            _ => command,
        };

    void Execute(long call, IConveyorMessage command)
    {
        var self = Self;
        underWay++;
        object wrapped = command is IPipelineCommand local ? new LocalOnly(local) : command;
        pipelines
            .Ask<object>(wrapped, Timeout.InfiniteTimeSpan, ended.Token)
            .ContinueWith(
                reply =>
                {
                    if (reply.IsCompletedSuccessfully)
                        self.Tell(new Done(call, command, reply.Result), ActorRefs.NoSender);
                    else if (reply.Exception?.InnerException is { } failure)
                        self.Tell(
                            new Done(
                                call,
                                command,
                                (failure as BufferServiceException)?.Failed ?? Problems.FromException(failure)
                            ),
                            ActorRefs.NoSender
                        );
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
    }

    /// <summary>
    /// Returns the reply to a call. A wait that ends because the whole node is stopping becomes a failure: the pipeline
    /// was not stopped for good, and may soon be available again.
    /// </summary>
    object ToReply(Done done) =>
        Moved.CreateReply(done.Command, done.Reply, serves) is { } moved ? moved
        : done is { Command: GetBatch { Request.Wait: true }, Reply: Leased { Batch.Count: 0 } } && isStopping()
            ? Stopping
        : done.Reply;

    void Reply(long call, object reply)
    {
        var bytes = LinkCall.Write(serializer, call, reply);
        if (bytes.Length > settings.MaxMessageBytes)
        {
            bytes = LinkCall.Write(
                serializer,
                call,
                new Failed(
                    Problem.TooLarge,
                    FormattableString.Invariant(
                        $"The reply ({reply.GetType().Name}) has {bytes.Length} bytes; conveyor.wire.max-message-bytes is {settings.MaxMessageBytes}. Ask for less, or raise it."
                    )
                )
            );
        }
        link.Send(bytes);
        Pump();
    }

    void Receive(ReaderMessage reply)
    {
        if (!readers.ContainsKey(reply.Call))
            return;
        var message = reply.Message switch
        {
            SignalsEnded ended when !serves(ended.Pipeline) => Problems.CreateElsewhere(ended.Pipeline),
            SignalsEnded when isStopping() => Stopping,
            var other => other,
        };
        var bytes = LinkCall.Write(serializer, reply.Call, message);
        if (reply.Message is SignalChanged)
            link.SendLatest(bytes, reply.Call, MaxSignalsKept);
        else
        {
            link.Send(bytes);
            readers.Remove(reply.Call);
        }
        Pump();
    }

    void Pump()
    {
        foreach (var frame in link.TakeNew())
        {
            port.Tell(frame, Self);
            confirmed = link.Received;
        }
    }
}

/// <summary>Subscribes to a source's signals on behalf of one reader at a port.</summary>
sealed class SignalRelay(long call, SubscribeSignals subscription, IActorRef pipelines, IActorRef session)
    : UntypedActor
{
    protected override void PreStart() => pipelines.Tell(new LocalOnly(subscription with { Subscriber = Self }), Self);

    protected override void OnReceive(object message)
    {
        if (message is not IConveyorReply)
            return;
        session.Tell(new LinkSession.ReaderMessage(call, message), Self);
        if (message is not SignalChanged)
            Context.Stop(Self);
    }
}
