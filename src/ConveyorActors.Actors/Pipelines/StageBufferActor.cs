using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The actor of one stage of a pipeline. Handles offers, leases, settlements and dead letters. Consumers that request
/// records when there are none get their reply when some arrive. The leases of a consumer that dies are returned at
/// once.
/// </summary>
sealed class StageBufferActor : WaitingActor
{
    static readonly TimeSpan MinExpiryCheckDelay = TimeSpan.FromMilliseconds(100),
        MaxExpiryCheckDelay = TimeSpan.FromSeconds(10);

    readonly string stage;
    readonly StageRegistry registry;
    readonly StageCalls calls;
    bool isCheckScheduled;

    public StageBufferActor(PipelineContext shared, string stage)
        : base(shared, shared.GetStageRegistry(stage).Waits)
    {
        this.stage = stage;
        registry = shared.GetStageRegistry(stage);
        calls = new(shared, stage);
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
        ScheduleExpiryCheck(MaxExpiryCheckDelay);
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        ScheduleExpiryCheck(MaxExpiryCheckDelay);
    }

    protected override bool Handle(object message)
    {
        if (message is IStageCommand && PipelineQueries.Uses(message))
            registry.Waits.WasUsed = true;
        switch (message)
        {
            case BufferPartsForStage m:
                if (m.Ticket is null || m.Ticket.TryBegin())
                    ReplyWhenDone(m, StageParts.OfferAsync(Buffers, m), static r => r);
                else if (m.Ticket.Result is { } known)
                    Sender.Tell(known, Self);
                return true;
            case BufferForStage m:
                ReplyAfterWait(m, c => calls.OfferAsync(m, c), static r => new Offered(r));
                return true;
            case BufferBatchForStage { Offer: { } id } m:
                ReplyAfterWait(m, c => calls.OfferOnceAsync(m, id, c), static r => new Offered(r));
                return true;
            case BufferBatchForStage m:
                ReplyAfterWait(m, c => calls.OfferAsync(m, c), static r => new Offered(r));
                return true;
            case GetBatch m:
                ReplyAfterWait(m, c => calls.LeaseAsync(m, Sender, c), static r => new Leased(r));
                return true;
            case Terminated dead:
                ReturnAllOf(dead.ActorRef);
                return base.Handle(message);
            default:
                return HandleSettling(message) || HandleQuery(message) || base.Handle(message);
        }
    }

    bool HandleSettling(object message)
    {
        switch (message)
        {
            case Abandon m:
                foreach (var lease in m.Leases)
                {
                    registry.Forget(lease);
                    registry.Waits.Recent.ForgetLease(lease);
                }
                ReplyWhenDone(m, calls.AbandonAsync(m), static r => new Settled(r));
                return true;
            case BeginAnew m:
                BeginAnew(m);
                return true;
            case SettledLater m:
                RecordSettlement(m.Command, m.Lease, m.Result);
                return true;
            case CheckExpired:
                registry.RemoveExpired(Shared.Clock.GetUtcNow());
                LogExpired();
                ScheduleExpiryCheck(MaxExpiryCheckDelay);
                return true;
            case IStageCommand m when calls.Settle(m) is { } settling:
                ReplyToSettlement(m, settling.Lease, settling.Result);
                if (m is CompleteWithCheckpoint && !Buffers.IsDurable)
                    Shared.IsKept = true; // the checkpoint is stored nowhere else
                return true;
            default:
                return false;
        }
    }

    bool HandleQuery(object message)
    {
        switch (message)
        {
            case ConfigureStage m:
                ReplyWhenDone(
                    m,
                    ReplyConfiguredAsync(Buffers.ConfigureStageAsync(Pipeline, stage, m.Settings)),
                    static r => r
                );
                return true;
            case GetStageUtilization m:
                ReplyWhenDone(m, Buffers.GetStageUtilizationAsync(Pipeline, stage), static r => new Fill(r));
                return true;
            case Peek m:
                ReplyWhenDone(m, Buffers.PeekAsync(Pipeline, stage, m.Max), static r => new Peeked(r));
                return true;
            case GetDeadLetters m:
                ReplyWhenDone(
                    m,
                    Buffers.GetDeadLettersAsync(Pipeline, stage, m.Max),
                    static r => new DeadLetterList(r)
                );
                return true;
            case ReplayDeadLetters m:
                ReplyWhenDone(m, Buffers.ReplayDeadLettersAsync(Pipeline, stage, m.Max), static r => new Count(r));
                return true;
            case PurgeDeadLetters m:
                ReplyWhenDone(m, Buffers.PurgeDeadLettersAsync(Pipeline, stage, m.Max), static r => new Count(r));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Registers a lease before its consumer gets the reply.</summary>
    protected override void SendReply(IActorRef replyTo, IActorRef? owner, IConveyorReply reply)
    {
        if (reply is Leased { Batch: { Count: > 0 } batch })
        {
            if (owner is null)
                registry.Forget(batch.Id);
            else
            {
                var now = Shared.Clock.GetUtcNow();
                registry.AddLease(batch, owner, now);
                if (!isCheckScheduled)
                    ScheduleExpiryCheck(batch.Deadline - now);
                Context.Watch(owner); // if the owner is dead already, Terminated arrives at once
            }
        }
        base.SendReply(replyTo, owner, reply);
    }

    /// <summary>
    /// Sent by the actor to itself when a settlement had to wait, for example until a hop's results had room.
    /// </summary>
    sealed record SettledLater(IStageCommand Command, long Lease, SettleResult Result)
        : INoSerializationVerificationNeeded;

    sealed record CheckExpired : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static CheckExpired Instance { get; } = new();
    }

    /// <summary>
    /// Schedules a check for expired leases, for the log only: the engine takes back their records by itself.
    /// </summary>
    void ScheduleExpiryCheck(TimeSpan after)
    {
        isCheckScheduled = registry.HasLeases;
        if (!isCheckScheduled)
            return;
        var delay =
            after < MinExpiryCheckDelay ? MinExpiryCheckDelay
            : after > MaxExpiryCheckDelay ? MaxExpiryCheckDelay
            : after;
        Timers.StartSingleTimer(CheckExpired.Instance, CheckExpired.Instance, delay);
    }

    void LogExpired()
    {
        foreach (var expired in registry.TakeExpired())
            BufferLog.LogLeaseExpired(
                Context.GetLogger(),
                expired.Lease,
                expired.Owner,
                expired.Records,
                stage,
                Pipeline
            );
    }

    void ReplyToSettlement(IStageCommand command, long lease, ValueTask<SettleResult> settling)
    {
        if (settling.IsCompletedSuccessfully)
        {
            RecordSettlement(command, lease, settling.Result);
            Sender.Reply(new Settled(settling.Result).WithReference(command), Self);
            return;
        }
        registry.BeginSettling(lease);
        var inbox = Inbox;
        ReplyWhenDone(
            command,
            settling,
            r =>
            {
                inbox.Post(new SettledLater(command, lease, r), ActorRefs.NoSender);
                return new Settled(r);
            }
        );
    }

    void RecordSettlement(IStageCommand command, long lease, SettleResult result)
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
        BufferLog.LogConsumerDied(Context.GetLogger(), dead, leases.Count, stage, Pipeline);
        _ = calls.GiveBackAsync(leases, $"consumer {dead.Path} died", hasFailed: true, Context.GetLogger());
    }

    // The waits are given up first, so that records granted to them meanwhile are returned when the waits end.
    void BeginAnew(BeginAnew command)
    {
        var owner = command.Owner ?? Sender;
        var waits = registry.Waits.GiveUpRecordsFor(owner);
        var leases = registry.TakeAllOf(owner);
        ReplyWhenDone(
            command,
            calls.GiveBackAsync(leases, command.Reason, command.HasFailed, Context.GetLogger()),
            count => new BegunAnew(count, waits)
        );
    }

    protected override IConveyorReply GiveBack(Guid wait, IConveyorReply got)
    {
        if (got is not Leased { Batch: var batch })
            return got;
        if (batch.Count > 0)
            _ = calls.GiveBackAsync([batch.Id], "the consumer has restarted", hasFailed: false, Context.GetLogger());
        return new WaitCancelled(wait) { InReplyTo = (got as ConveyorReply)?.InReplyTo };
    }

    static async ValueTask<IConveyorReply> ReplyConfiguredAsync(ValueTask working)
    {
        await working.ConfigureAwait(false);
        return Configured.Instance;
    }
}
