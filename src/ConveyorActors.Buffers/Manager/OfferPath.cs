using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Handles offers that do not wait.</summary>
sealed class OfferPath<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly EngineClock clock = parts.Clock;
    readonly bool isPlain = parts.IsPlain;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly RoomQueue room = parts.RoomOrder;

    public OfferResult BufferForStage(string stage, string source, T record, CreditGrant? credits = null)
    {
        var result = Offer(stage, source, record, credits);
        if (store is not null)
            parts.Journal.WaitWhileBehind();
        return result;
    }

    public OfferResult Offer(string stage, string source, T record, CreditGrant? credits)
    {
        if (
            isPlain
            && credits is null
            && parts.Stages.FindKnownStage(stage) is { } to
            && TryOfferPlainly(to, source, record) is { } from
        )
            return new(OfferStatus.Accepted, 1, 1, 0, from.Signal, from.AvailableCredits);
        return OfferFully(stage, source, record, credits);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    OfferResult OfferFully(string stage, string source, T record, CreditGrant? credits)
    {
        var from = parts.Sources.GetOrAddSource(source);
        var bytes = parts.Traits.GetSize(record);
        var id = options.IdOf is null ? null : parts.Traits.GetId(parts.Stages.GetOrAddStage(stage), record);
        var progress = new OfferProgress();
        using (var session = parts.Sessions.Enter(stage, source, isOffer: true))
        {
            var (to, queue) = (session.Stage, session.Queue);
            from = session.Source;
            queue.Counts.Offered++;
            progress.Stopper = parts.Admission.Admit_NeedsLock(
                to,
                queue,
                bytes,
                id,
                credits,
                to.Lane.FindRoomToWaitFor(queue),
                ref progress.Evicted
            );
            if (progress.Stopper == OfferStatus.Accepted)
            {
                parts.Admission.Place_NeedsLock(to, queue, record, bytes, id);
                progress.Accepted = progress.Consumed = 1;
            }
            else
                parts.Admission.Refuse_NeedsLock(to, queue, 1, bytes, ref progress);
        }
        return CreateResult(from, progress);
    }

    /// <summary>
    /// Takes the short path of nearly every offer: a record without size or id, of the source that was last used at the
    /// stage, where there is room. Returns the source; null, with nothing changed, in all other cases.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    SourceState? TryOfferPlainly(StageState<T> to, string source, T record)
    {
        // Read before the gate is entered, which is then held for less time: an offer takes an eighth less.
        var now = clock.NowMs;
        var isZoneStale = false;
        to.Gate.Enter();
        if (
            to.IsRemoved
            || to.Buffer.LastQueue is not { } queue
            || queue.SourceId != source
            || queue.Source is not { IsHeldByOperator: false } from
            || room.Count > 0
            || parts.State != ManagerState.Running
            || queue.Records.Count == 0 && to.Pool.Zone != 0
            || to.Buffer.Settings.TimeToLive is not null
            || !TryTakePlainRoom_NeedsLock(to, from, ref isZoneStale)
        )
        {
            to.Gate.Exit();
            return null;
        }
        now = Math.Max(now, to.Now); // another call may have entered the gate first, with a later time
        to.LastUsed = to.Now = now;
        queue.Counts.Offered++;
        to.Buffer.Add(queue, record, 0, now);
        if (queue.WasRefused | isZoneStale | to.Consumers.Count > 0)
            LeaveAfterOffer(to, queue);
        else
            to.Gate.Exit();
        return from;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void LeaveAfterOffer(StageState<T> stage, SourceQueue<T> queue)
    {
        RecordAdmission<T>.RecordPlaced_NeedsLock(stage, queue, held: true);
        stage.FreedRoom = false;
        parts.Sessions.Leave(stage, mayHaveDeadline: false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryTakePlainRoom_NeedsLock(StageState<T> stage, SourceState source, ref bool isZoneStale)
    {
        if (!stage.Pool.TryTakeOne(ref isZoneStale))
            return false;
        if (source.Pool.TryTakeOne(ref isZoneStale))
        {
            if (global.TryTakeOne(ref isZoneStale))
                return true;
            source.Pool.Release(1, 0);
        }
        stage.Pool.Release(1, 0);
        return false;
    }

    public OfferResult BufferForStage(string stage, BufferedRecord<T> record)
    {
        if (record.PipelineId != parts.Options.PipelineId)
            throw new ArgumentException(
                $"PipelineId is '{record.PipelineId}'; this manager belongs to pipeline '{parts.Options.PipelineId}'.",
                nameof(record)
            );
        if (record.TargetStageId != stage)
        {
            Names.Validate(stage, "stage");
            throw new ArgumentException(
                $"TargetStageId is '{record.TargetStageId}'; the record is offered to stage '{stage}'.",
                nameof(record)
            );
        }
        return BufferForStage(stage, record.SourceId, record.Record);
    }

    public OfferResult BufferBatchForStage(
        string stage,
        string source,
        ReadOnlySpan<T> records,
        CreditGrant? credits = null
    )
    {
        var result = OfferBatch(stage, source, records, credits);
        if (store is not null)
            parts.Journal.WaitWhileBehind();
        return result;
    }

    public OfferResult OfferBatch(
        string stage,
        string source,
        ReadOnlySpan<T> records,
        CreditGrant? credits,
        NamedOffer? offer = null
    )
    {
        var sizes = parts.Traits.GetSizes(records);
        var ids = parts.Traits.GetIds(parts.Stages.GetOrAddStage(stage), records);
        var progress = IdentifiedOffers<T>.GetProgress(offer);
        SourceState from;
        using (var session = parts.Sessions.Enter(stage, source, isOffer: true))
        {
            var (to, queue) = (session.Stage, session.Queue);
            from = session.Source;
            queue.Counts.Offered += records.Length - progress.Consumed;
            parts.Admission.AdmitPrefix_NeedsLock(
                to,
                queue,
                records,
                sizes,
                ids,
                credits,
                to.Lane.FindRoomToWaitFor(queue),
                ref progress
            );
            if (progress.Consumed < records.Length)
                parts.Admission.Refuse_NeedsLock(
                    to,
                    queue,
                    records.Length - progress.Consumed,
                    sizes?[progress.Consumed] ?? 0,
                    ref progress
                );
            if (offer is not null)
                parts.IdentifiedOffers.RecordProgress_NeedsLock(to, offer, progress, isComplete: true);
        }
        return CreateResult(from, progress);
    }

    public static OfferStatus GetStatus(in OfferProgress progress) =>
        progress.Stopper == OfferStatus.Accepted && progress.Duplicates > 0 ? OfferStatus.Duplicate : progress.Stopper;

    public OfferResult CreateResult(SourceState source, in OfferProgress progress) =>
        new(
            GetStatus(progress),
            progress.Accepted,
            progress.Consumed,
            progress.Evicted,
            source.Signal,
            source.AvailableCredits
        );
}
