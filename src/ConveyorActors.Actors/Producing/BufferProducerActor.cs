using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Producing;

/// <summary>
/// Brings the records of a producer into a stage by demand, as Akka.Delivery does: the producer registers, is asked for as many records as there is promised
/// room for (<see cref="RequestNext"/>), and never meets a refusal for want of room. How much each of many producers gets is the engine's fairness.
/// </summary>
/// <remarks>
/// <para>Either side may die. When the producer does, what it has sent is still offered, what it was promised is given back, and the next one registers. When this
/// actor does, its producer, which should watch it, sends what was not confirmed to the next one: at least once, so give the records ids.</para>
/// <para>The actor stops when the pipeline is stopping.</para>
/// </remarks>
public sealed class BufferProducerActor : UntypedActor, IWithTimers
{
    readonly IBufferService service;
    readonly BufferProducerSettings settings;
    readonly CancellationTokenSource ended = new();
    readonly Queue<Sending> sendings = new();
    IActorRef? producer;
    CreditGrant? grant;
    int credits;        // what is left of the grant
    int requested;      // what the producer may still send
    int bytesNeeded;    // of a record that the grant did not cover
    bool isBusy, wasUsed;

    BufferProducerActor(IBufferService service, BufferProducerSettings settings) => (this.service, this.settings) = (service, settings);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    BufferTarget Target => settings.Target;

    /// <summary>A producer's way to a stage.</summary>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="settings">To which stage, and how.</param>
    public static Props Props(IBufferService service, BufferProducerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(settings);
        return Akka.Actor.Props.CreateBy(new Producer(() => new BufferProducerActor(service, settings)));
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

    sealed record GoOn : INoSerializationVerificationNeeded
    {
        public static GoOn Instance { get; } = new();
    }

    sealed record LookAtCredits : INoSerializationVerificationNeeded
    {
        public static LookAtCredits Instance { get; } = new();
    }

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(LookAtCredits.Instance, LookAtCredits.Instance, settings.CreditTimeToLive / 2);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        ended.Cancel();
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
            case Granted m:
                isBusy = false;
                if (m.Grant.Records == 0)
                {
                    Context.Stop(Self); // the pipeline is stopping
                    return;
                }
                (grant, credits, bytesNeeded, wasUsed) = (m.Grant, m.Grant.Records, 0, true);
                break;
            case Offered m:
                isBusy = false;
                Settle(m);
                break;
            case CallFailed { Failure: ObjectDisposedException or OperationCanceledException }:
                Context.Stop(Self);
                return;
            case CallFailed:
                Timers.StartSingleTimer(GoOn.Instance, GoOn.Instance, settings.RetryDelay);
                return; // busy until then
            case GoOn:
                isBusy = false;
                break;
            case LookAtCredits:
                if (!wasUsed && !isBusy) GiveBack();
                wasUsed = false;
                return;
            case Terminated dead when dead.ActorRef.Equals(producer):
                (producer, requested) = (null, 0);
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
        if (producer is not null) Context.Unwatch(producer);
        producer = Context.Watch(registered);
        requested = 0;
    }

    void Take(SendNext message)
    {
        if (message.Records.Count > requested)
        {
            Sender.Reply(
                new Failed(Problem.ArgumentOutOfRange, $"Records has {message.Records.Count} records; {requested} are requested still.", "Records")
                { InReplyTo = new(nameof(SendNext)) { CorrelationId = message.CorrelationId } }, Self);
            return;
        }
        requested -= message.Records.Count;
        sendings.Enqueue(new(message, Sender));
    }

    void Work()
    {
        if (isBusy) return;
        while (sendings.TryPeek(out var empty) && empty.Consumed == empty.Message.Records.Count) Confirm(empty.Worst);
        if (sendings.TryPeek(out var first))
        {
            var rest = first.Message.Records.Count - first.Consumed;
            if (credits == 0) Ask(bytesNeeded > 0 ? 1 : Math.Min(settings.Credits, Math.Max(rest, requested)));
            else Offer([.. first.Message.Records.Skip(first.Consumed).Take(credits)]);
        }
        else if (producer is not null && requested == 0)
        {
            if (credits == 0) Ask(settings.Credits);
            else
            {
                requested = credits;
                producer.Tell(new RequestNext(requested, Self), Self);
            }
        }
        else if (producer is null) GiveBack();
    }

    void Ask(int records)
    {
        isBusy = true;
        var bytes = Math.Max(settings.BytesPerRecord, bytesNeeded);
        Call(async () => new Granted(await service.WaitForCreditsAsync(
            Target.Pipeline, Target.Source, Target.Stage, records, settings.CreditTimeToLive, bytes, ended.Token).ConfigureAwait(false)));
    }

    void Offer(ConveyorRecord[] records)
    {
        isBusy = wasUsed = true;
        var with = grant;
        Call(async () => new Offered(records.Length, await service.BufferBatchForStageAsync(
            Target.Pipeline, Target.Stage, Target.Source, records, with, ended.Token).ConfigureAwait(false)));
    }

    void Call<T>(Func<Task<T>> call)
        where T : class => call().PipeTo(Self, Self, success: null, failure: static failure => new CallFailed(failure));

    void Settle(Offered offered)
    {
        var (sending, result) = (sendings.Peek(), offered.Result);
        sending.Accepted += result.Accepted;
        sending.Consumed += result.Consumed;
        credits = Math.Max(0, credits - result.Accepted);
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
                // The credits had expired, or did not cover the record's bytes: what was refused waits here for new ones.
                bytesNeeded = sending.Message.Records[sending.Consumed].Payload.Length;
                GiveBack();
                break;
        }
        if (credits == 0) grant = null;
    }

    void Confirm(OfferStatus status)
    {
        var done = sendings.Dequeue();
        done.Sender.Tell(new Confirmed(status, done.Accepted, done.Consumed, done.Message.CorrelationId), Self);
    }

    void GiveBack()
    {
        if (grant is { } unused && credits > 0) _ = GiveBackAsync(service, Target.Pipeline, unused);
        (grant, credits) = (null, 0);
    }

    static async Task GiveBackAsync(IBufferService service, string pipeline, CreditGrant unused)
    {
        try { await service.GiveBackCreditsAsync(pipeline, unused).ConfigureAwait(false); }
        catch (Exception)
        {
            // They expire.
        }
    }

    // Props.Create would look for a constructor; this calls a function.
    sealed class Producer(Func<ActorBase> make) : IIndirectActorProducer
    {
        public Type ActorType => typeof(BufferProducerActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor) { }
    }
}
