using System.Collections.Concurrent;
using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Producing;

/// <summary>
/// Offers the records of a producer to a stage on demand, as Akka.Delivery does. The producer registers and receives
/// requests for as many records as there is reserved room for (<see cref="RequestNext"/>), so it is never refused for
/// lack of room. The engine's fairness decides how much room each of several producers gets.
/// </summary>
/// <remarks>
/// <para>Either side may die. When the producer dies, the records that it has sent are still offered, its unused room
/// is released, and another producer may register. When this actor dies, its producer, which should watch it, sends the
/// unconfirmed records to the actor's successor. Records may then arrive more than once, so give them ids.</para>
/// <para>The actor stops when the pipeline is stopping.</para>
/// </remarks>
public sealed class BufferProducerActor : UntypedActor, IWithTimers
{
    readonly IBufferService service;
    readonly BufferProducerSettings settings;
    readonly ConcurrentDictionary<IActorRef, State> restarting;
    readonly State state;

    BufferProducerActor(
        IBufferService service,
        BufferProducerSettings settings,
        ConcurrentDictionary<IActorRef, State> restarting
    )
    {
        (this.service, this.settings, this.restarting) = (service, settings, restarting);
        state = restarting.TryRemove(Self, out var kept) ? kept : new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    BufferTarget Target => settings.Target;

    /// <summary>Returns the props of a producer actor for one stage.</summary>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="settings">The stage to offer to, and the settings of the actor.</param>
    public static Props Props(IBufferService service, BufferProducerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(settings);
        var restarting = new ConcurrentDictionary<IActorRef, State>();
        return Akka.Actor.Props.CreateBy(new Producer(() => new BufferProducerActor(service, settings, restarting)));
    }

    /// <summary>
    /// The state of an incarnation. The next incarnation continues with it, so that the producer does not notice a
    /// restart.
    /// </summary>
    sealed class State
    {
        public readonly CancellationTokenSource Ended = new();
        public readonly Queue<Sending> Sendings = new();
        public IActorRef? Producer;
        public CreditGrant? Grant;
        public int Credits; // credits left of the grant
        public int Requested; // records that the producer may still send
        public int BytesNeeded; // bytes of a record that the grant did not cover
        public bool WasEmpty; // whether the last grant was of no room
        public int Failures; // calls that failed in a row
        public bool IsBusy,
            IsDelayed,
            WasUsed;
    }

    sealed class Sending(SendNext message, IActorRef sender)
    {
        public SendNext Message { get; } = message;

        public IActorRef Sender { get; } = sender;

        public int Accepted { get; set; }

        public int Consumed { get; set; }

        public OfferStatus Worst { get; set; } = OfferStatus.Accepted;
    }

    sealed record Granted(CreditGrant Grant) : INoSerializationVerificationNeeded;

    sealed record Offered(int Count, OfferResult Result) : INoSerializationVerificationNeeded;

    sealed record CallFailed(Exception Failure) : INoSerializationVerificationNeeded;

    sealed record Continue : INoSerializationVerificationNeeded
    {
        public static Continue Instance { get; } = new();
    }

    sealed record Resume : INoSerializationVerificationNeeded
    {
        public static Resume Instance { get; } = new();
    }

    sealed record CheckCredits : INoSerializationVerificationNeeded
    {
        public static CheckCredits Instance { get; } = new();
    }

    /// <inheritdoc/>
    protected override void PreStart() =>
        Timers.StartPeriodicTimer(CheckCredits.Instance, CheckCredits.Instance, settings.CreditTimeToLive / 2);

    /// <inheritdoc/>
    // no PostStop: calls under way continue
    protected override void PreRestart(Exception reason, object message) => restarting[Self] = state;

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason)
    {
        PreStart();
        if (state.IsDelayed)
            Delay(); // the timers of the previous incarnation no longer exist
        else
            Self.Tell(Resume.Instance, ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        state.Ended.Cancel();
        GiveBack();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RegisterProducer m:
                Register(m.Producer);
                break;
            case SendNext m:
                Take(m);
                break;
            case Resume:
                break;
            case Granted { Grant.Records: 0 }
                when !state.WasEmpty && Math.Max(settings.BytesPerRecord, state.BytesNeeded) > 0:
                // The pipeline is stopping, or a byte limit was lowered during the wait: the second call fails then.
                (state.IsBusy, state.WasEmpty) = (false, true);
                break;
            case Granted { Grant.Records: 0 }:
                Context.Stop(Self); // the pipeline is stopping
                return;
            case Granted m:
                Take(m.Grant);
                break;
            case Offered m:
                (state.IsBusy, state.Failures) = (false, 0);
                Settle(m);
                break;
            case CallFailed { Failure: ObjectDisposedException or OperationCanceledException }:
                Context.Stop(Self);
                return;
            case CallFailed { Failure: ArgumentException }
                when state.Sendings.Count > 0 && (state.Credits > 0 || state.BytesNeeded > 0):
                // The record is too large for the wire or for a limit, so another attempt would fail as well.
                (state.IsBusy, state.BytesNeeded, state.WasEmpty) = (false, 0, false);
                Confirm(OfferStatus.TooLarge);
                break;
            case CallFailed m:
                if (state.Failures++ == 0)
                    BufferLog.LogOfferFailed(Context.GetLogger(), Target, settings.RetryDelay, m.Failure);
                Delay();
                return; // busy until then
            case Continue:
                state.IsBusy = state.IsDelayed = false;
                break;
            case CheckCredits:
                if (!state.WasUsed && !state.IsBusy)
                    GiveBack();
                state.WasUsed = false;
                return;
            case Terminated dead when dead.ActorRef.Equals(state.Producer):
                (state.Producer, state.Requested) = (null, 0);
                break;
            case Terminated:
                break;
            default:
                Unhandled(message);
                return;
        }
        Work();
    }

    void Register(IActorRef registered)
    {
        if (state.Producer is not null)
            Context.Unwatch(state.Producer);
        state.Producer = Context.Watch(registered);
        state.Requested = 0;
    }

    void Take(CreditGrant grant)
    {
        (state.Grant, state.Credits) = (grant, grant.Records);
        (state.IsBusy, state.WasUsed, state.BytesNeeded, state.Failures) = (false, true, 0, 0);
        state.WasEmpty = false;
    }

    void Take(SendNext message)
    {
        var records = message.Records;
        for (var i = 0; i < records.Count; i++)
        {
            if (records[i] is not null)
                continue;
            Refuse(message, message.CorrelationId, $"Records[{i}] is null; it must be a record.", "Records");
            return;
        }
        if (records.Count > state.Requested)
        {
            Refuse(
                message,
                message.CorrelationId,
                $"Records has {records.Count} records; {state.Requested} are requested still.",
                "Records",
                Problem.ArgumentOutOfRange
            );
            return;
        }
        state.Requested -= message.Records.Count;
        state.Sendings.Enqueue(new(message, Sender));
    }

    void Refuse(
        object message,
        string? correlationId,
        string why,
        string parameter,
        Problem problem = Problem.ArgumentMissing
    ) =>
        Sender.Reply(
            new Failed(problem, why, parameter)
            {
                InReplyTo = new(message.GetType().Name) { CorrelationId = correlationId },
            },
            Self
        );

    void Delay()
    {
        state.IsDelayed = true;
        Timers.StartSingleTimer(Continue.Instance, Continue.Instance, settings.RetryDelay);
    }

    void Work()
    {
        if (state.IsBusy)
            return;
        while (state.Sendings.TryPeek(out var empty) && empty.Consumed == empty.Message.Records.Count)
            Confirm(empty.Worst);
        if (state.Sendings.TryPeek(out var first))
        {
            var rest = first.Message.Records.Count - first.Consumed;
            if (state.Credits == 0)
                RequestCredits(state.BytesNeeded > 0 ? 1 : Math.Min(settings.Credits, Math.Max(rest, state.Requested)));
            else
                Offer([.. first.Message.Records.Skip(first.Consumed).Take(state.Credits)]);
        }
        else if (state.Producer is not null && state.Requested == 0)
        {
            if (state.Credits == 0)
                RequestCredits(settings.Credits);
            else
            {
                state.Requested = state.Credits;
                state.Producer.Tell(new RequestNext(state.Requested, Self), Self);
            }
        }
        else if (state.Producer is null)
            GiveBack();
    }

    void RequestCredits(int records)
    {
        state.IsBusy = true;
        var bytes = Math.Max(settings.BytesPerRecord, state.BytesNeeded);
        Call(async () =>
            new Granted(
                await service
                    .WaitForCreditsAsync(
                        Target.Pipeline,
                        Target.Stage,
                        Target.Source,
                        records,
                        settings.CreditTimeToLive,
                        bytes,
                        state.Ended.Token
                    )
                    .ConfigureAwait(false)
            )
        );
    }

    void Offer(ConveyorRecord[] records)
    {
        state.IsBusy = state.WasUsed = true;
        var with = state.Grant;
        Call(async () =>
            new Offered(
                records.Length,
                await service
                    .BufferBatchForStageAsync(
                        Target.Pipeline,
                        Target.Stage,
                        Target.Source,
                        records,
                        with,
                        state.Ended.Token
                    )
                    .ConfigureAwait(false)
            )
        );
    }

    void Call<T>(Func<Task<T>> call)
        where T : class => call().PipeTo(Self, Self, success: null, failure: static failure => new CallFailed(failure));

    void Settle(Offered offered)
    {
        var (sending, result) = (state.Sendings.Peek(), offered.Result);
        sending.Accepted += result.Accepted;
        sending.Consumed += result.Consumed;
        state.Credits = Math.Max(0, state.Credits - result.Accepted);
        switch (result.Status)
        {
            case OfferStatus.Accepted:
                break;
            case OfferStatus.Duplicate or OfferStatus.Dropped:
                sending.Worst = result.Status;
                break;
            case OfferStatus.TooLarge or OfferStatus.Draining:
                Confirm(result.Status);
                break;
            default:
                // The credits had expired, or did not cover the record's bytes: refused records wait here for new
                // credits.
                state.BytesNeeded = sending.Message.Records[sending.Consumed].GetSize();
                GiveBack();
                break;
        }
        if (state.Credits == 0)
            state.Grant = null;
    }

    void Confirm(OfferStatus status)
    {
        var done = state.Sendings.Dequeue();
        done.Sender.Tell(new Confirmed(status, done.Accepted, done.Consumed, done.Message.CorrelationId), Self);
    }

    void GiveBack()
    {
        if (state.Grant is { } unused && state.Credits > 0)
            _ = GiveBackAsync(service, Target.Pipeline, unused);
        (state.Grant, state.Credits) = (null, 0);
    }

    static async Task GiveBackAsync(IBufferService service, string pipeline, CreditGrant unused)
    {
        try
        {
            await service.GiveBackCreditsAsync(pipeline, unused).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The credits expire by themselves.
        }
    }

    // Props.Create would look for a constructor; this class calls a function instead.
    sealed class Producer(Func<ActorBase> make) : IIndirectActorProducer
    {
        public Type ActorType => typeof(BufferProducerActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor) { }
    }
}
