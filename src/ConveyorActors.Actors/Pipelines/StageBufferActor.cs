using Akka.Event;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// One stage of a pipeline: offers, leases, settling, dead letters. Consumers that ask for records when there are none
/// are answered when some arrive; a consumer that dies gives its leases up at once.
/// </summary>
sealed class StageBufferActor : WaitingActor
{
    static readonly TimeSpan LookAtMostEvery = TimeSpan.FromMilliseconds(100),
        LookAgainAfter = TimeSpan.FromSeconds(10);

    readonly string stage;
    readonly StageRegistry registry;
    bool isLooking;

    public StageBufferActor(PipelineContext shared, string stage)
        : base(shared, shared.RegistryOfStage(stage).Waits)
    {
        this.stage = stage;
        registry = shared.RegistryOfStage(stage);
    }

    public static Props Props(PipelineContext shared, string stage) =>
        Akka.Actor.Props.Create(() => new StageBufferActor(shared, stage));

    string Pipeline => Shared.Pipeline;

    IBufferService Buffers => Shared.Buffers;

    protected override bool IsIdle => registry.IsEmpty(Shared.Clock.GetUtcNow());

    protected override void PreStart()
    {
        base.PreStart();
        foreach (var owner in registry.Owners)
            Context.Watch(owner);
        LookForExpiredLater(LookAgainAfter);
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        LookForExpiredLater(LookAgainAfter);
    }

    protected override bool Handle(object message)
    {
        if (message is IStageCommand && PipelineQueries.Uses(message))
            registry.Waits.WasUsed = true;
        switch (message)
        {
            case BufferPartsForStage m:
                if (m.Ticket is null || m.Ticket.TryBegin())
                    Answer(m, StageParts.OfferAsync(Buffers, m), static r => r);
                else if (m.Ticket.Result is { } known)
                    Sender.Tell(known, Self);
                return true;
            case BufferForStage m:
                AnswerWaiting(
                    m,
                    c =>
                        m.AckLevel == AckLevel.Buffered
                            ? Buffers.BufferForStageAsync(Pipeline, stage, m.Source, m.Record, m.Credits, c)
                            : Buffers.BufferForStageAsync(
                                Pipeline,
                                stage,
                                m.Source,
                                m.Record,
                                Shared.Validate(m.AckLevel),
                                m.Credits,
                                c
                            ),
                    static r => new Offered(r)
                );
                return true;
            case BufferBatchForStage { Offer: { } offer } m:
                AnswerWaiting(
                    m,
                    c =>
                        Buffers.OfferOnceAsync(
                            Pipeline,
                            stage,
                            m.Source,
                            m.Records,
                            offer,
                            Shared.Validate(m.AckLevel),
                            m.Credits,
                            c
                        ),
                    static r => new Offered(r)
                );
                return true;
            case BufferBatchForStage m:
                AnswerWaiting(
                    m,
                    c =>
                        m.AckLevel == AckLevel.Buffered
                            ? Buffers.BufferBatchForStageAsync(Pipeline, stage, m.Source, m.Records, m.Credits, c)
                            : Buffers.BufferBatchForStageAsync(
                                Pipeline,
                                stage,
                                m.Source,
                                m.Records,
                                Shared.Validate(m.AckLevel),
                                m.Credits,
                                c
                            ),
                    static r => new Offered(r)
                );
                return true;
            case GetBatch m:
                var bytes = MaxBytesOf(m);
                AnswerWaiting(
                    m,
                    c =>
                        bytes == int.MaxValue
                            ? Buffers.GetBatchAsync(Pipeline, stage, Named(m), c)
                            : LeaseFitting.LeaseAsync(Buffers, Pipeline, stage, Named(m), bytes, c),
                    static r => new Leased(r)
                );
                return true;
            case Terminated dead:
                ReturnAllOf(dead.ActorRef);
                return base.Handle(message);
            default:
                return HandleSettling(message) || HandleAsking(message) || base.Handle(message);
        }
    }

    bool HandleSettling(object message)
    {
        switch (message)
        {
            case Complete m:
                AnswerSettling(m, m.Lease, Buffers.CompleteAsync(Pipeline, stage, m.Lease, m.Sequences));
                return true;
            case CompleteWithCheckpoint m:
                AnswerSettling(m, m.Lease, Buffers.CompleteAsync(Pipeline, stage, m.Lease, m.Sequences, m.Checkpoint));
                if (!Buffers.IsDurable)
                    Shared.IsKept = true; // the checkpoint is nowhere else
                return true;
            case ReturnToBuffer m:
                AnswerSettling(
                    m,
                    m.Lease,
                    Buffers.ReturnToBufferAsync(Pipeline, stage, m.Lease, m.Sequences, m.Reason, m.Charge)
                );
                return true;
            case DeadLetterRecords m:
                AnswerSettling(m, m.Lease, Buffers.DeadLetterAsync(Pipeline, stage, m.Lease, m.Sequences, m.Reason));
                return true;
            case Hop { WaitForResults: false } m:
                AnswerSettling(
                    m,
                    m.Lease,
                    Buffers.StartHopAsync(Pipeline, stage, m.Lease, m.Sequences, m.TargetStage, m.Results)
                );
                return true;
            case Hop m:
                AnswerSettling(
                    m,
                    m.Lease,
                    Buffers.HopAsync(Pipeline, stage, m.Lease, m.Sequences, m.TargetStage, m.Results)
                );
                return true;
            case Renew m:
                AnswerSettling(m, m.Lease, Buffers.RenewAsync(Pipeline, stage, m.Lease));
                return true;
            case Abandon m:
                foreach (var lease in m.Leases)
                {
                    registry.Forget(lease);
                    registry.Waits.Recent.ForgetLease(lease);
                }
                Answer(m, Buffers.AbandonAsync(Pipeline, stage, m.Leases, m.Reason), static r => new Settled(r));
                return true;
            case BeginAnew m:
                BeginAnew(m);
                return true;
            case SettledLater m:
                Note(m.Command, m.Lease, m.Result);
                return true;
            case LookForExpired:
                registry.LookOver(Shared.Clock.GetUtcNow());
                LogExpired();
                LookForExpiredLater(LookAgainAfter);
                return true;
            default:
                return false;
        }
    }

    bool HandleAsking(object message)
    {
        switch (message)
        {
            case ConfigureStage m:
                Answer(m, DoneAsync(Buffers.ConfigureStageAsync(Pipeline, stage, m.Settings)), static r => r);
                return true;
            case GetStageUtilization m:
                Answer(m, Buffers.GetStageUtilizationAsync(Pipeline, stage), static r => new Fill(r));
                return true;
            case Peek m:
                Answer(m, Buffers.PeekAsync(Pipeline, stage, m.Max), static r => new Peeked(r));
                return true;
            case GetDeadLetters m:
                Answer(m, Buffers.GetDeadLettersAsync(Pipeline, stage, m.Max), static r => new DeadLetterList(r));
                return true;
            case ReplayDeadLetters m:
                Answer(m, Buffers.ReplayDeadLettersAsync(Pipeline, stage, m.Max), static r => new Count(r));
                return true;
            case PurgeDeadLetters m:
                Answer(m, Buffers.PurgeDeadLettersAsync(Pipeline, stage, m.Max), static r => new Count(r));
                return true;
            default:
                return false;
        }
    }

    /// <summary>A lease is in the registry before its consumer knows of it.</summary>
    protected override void Conclude(IActorRef asker, IActorRef? owner, IConveyorReply reply)
    {
        if (reply is Leased { Batch: { Count: > 0 } batch })
        {
            if (owner is null)
                registry.Forget(batch.Id);
            else
            {
                var now = Shared.Clock.GetUtcNow();
                registry.Lend(batch, owner, now);
                if (!isLooking)
                    LookForExpiredLater(batch.Deadline - now);
                Context.Watch(owner); // if it is dead already, that is said at once
            }
        }
        base.Conclude(asker, owner, reply);
    }

    /// <summary>What an actor tells itself when settling had to wait, for the room of a hop's results say.</summary>
    sealed record SettledLater(IStageCommand Command, long Lease, SettleResult Result)
        : INoSerializationVerificationNeeded;

    sealed record LookForExpired : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static LookForExpired Instance { get; } = new();
    }

    /// <summary>For the log: the engine takes the records of an expired lease back by itself.</summary>
    void LookForExpiredLater(TimeSpan after)
    {
        isLooking = registry.HasLeases;
        if (!isLooking)
            return;
        var delay =
            after < LookAtMostEvery ? LookAtMostEvery
            : after > LookAgainAfter ? LookAgainAfter
            : after;
        Timers.StartSingleTimer(LookForExpired.Instance, LookForExpired.Instance, delay);
    }

    void LogExpired()
    {
        foreach (var expired in registry.TakeExpired())
            BufferLog.LeaseExpired(Context.GetLogger(), expired.Lease, expired.Owner, expired.Records, stage, Pipeline);
    }

    void AnswerSettling(IStageCommand command, long lease, ValueTask<SettleResult> settling)
    {
        if (settling.IsCompletedSuccessfully)
        {
            Note(command, lease, settling.Result);
            Sender.Reply(new Settled(settling.Result).About(command), Self);
            return;
        }
        registry.BeginSettling(lease);
        var inbox = Inbox;
        Answer(
            command,
            settling,
            r =>
            {
                inbox.Post(new SettledLater(command, lease, r), ActorRefs.NoSender);
                return new Settled(r);
            }
        );
    }

    void Note(IStageCommand command, long lease, SettleResult result)
    {
        if (command is Renew)
            registry.Renew(lease, result, Shared.Clock.GetUtcNow());
        else
        {
            registry.Settle(lease, result);
            registry.Waits.Recent.ForgetLease(lease);
        }
        LogExpired();
    }

    void ReturnAllOf(IActorRef dead)
    {
        if (registry.TakeAllOf(dead) is not { Count: > 0 } leases)
            return;
        BufferLog.ConsumerDied(Context.GetLogger(), dead, leases.Count, stage, Pipeline);
        _ = GiveBackAsync(
            Buffers,
            Pipeline,
            stage,
            leases,
            $"consumer {dead.Path} died",
            hasFailed: true,
            Context.GetLogger()
        );
    }

    // The waits first: what they get from now on goes back as they end.
    void BeginAnew(BeginAnew command)
    {
        var owner = command.Owner ?? Sender;
        var waits = registry.Waits.GiveUpRecordsFor(owner);
        var leases = registry.TakeAllOf(owner);
        Answer(
            command,
            GiveBackAsync(Buffers, Pipeline, stage, leases, command.Reason, command.HasFailed, Context.GetLogger()),
            count => new BegunAnew(count, waits)
        );
    }

    protected override IConveyorReply GiveBack(Guid wait, IConveyorReply got)
    {
        if (got is not Leased { Batch: var batch })
            return got;
        if (batch.Count > 0)
            _ = GiveBackAsync(
                Buffers,
                Pipeline,
                stage,
                [batch.Id],
                "the consumer has begun anew",
                hasFailed: false,
                Context.GetLogger()
            );
        return new WaitCancelled(wait) { InReplyTo = (got as ConveyorReply)?.InReplyTo };
    }

    static async ValueTask<int> GiveBackAsync(
        IBufferService buffers,
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        bool hasFailed,
        ILoggingAdapter log
    )
    {
        try
        {
            if (hasFailed && leases.Count > 0)
                await buffers.AbandonAsync(pipeline, stage, leases, reason).ConfigureAwait(false);
            foreach (var lease in hasFailed ? [] : leases)
                await buffers
                    .ReturnToBufferAsync(pipeline, stage, lease, null, reason, charge: false)
                    .ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            log.Warning(
                failure,
                "Leases {0} of stage '{1}' did not go back ({2}); they do at their deadlines.",
                string.Join(", ", leases),
                stage,
                reason
            );
        }
        return leases.Count;
    }

    int MaxBytesOf(GetBatch asked) =>
        asked.MaxBytes > 0 ? asked.MaxBytes
        : Sender is IActorRefScope { IsLocal: false } ? Shared.WireBytes
        : int.MaxValue;

    // The name that "why am I held" shows, when the consumer has given none: with its node, when that is another one.
    BatchRequest Named(GetBatch asked)
    {
        if (asked.Request.Consumer is not null || WaitOwners.OwnerOf(asked, Sender) is not { } consumer)
            return asked.Request;
        var isElsewhere = consumer.Path.Address.HasGlobalScope;
        if (asked.Owner is not null && !isElsewhere)
            return asked.Request;
        return asked.Request with
        {
            Consumer = isElsewhere ? consumer.Path.ToStringWithAddress() : consumer.Path.ToStringWithoutAddress(),
        };
    }

    static async ValueTask<IConveyorReply> DoneAsync(ValueTask working)
    {
        await working.ConfigureAwait(false);
        return Configured.Instance;
    }
}
