using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    /// <summary>Offers one record to a stage. Never waits: under <see cref="FullRule.Wait"/> a full stage refuses here.</summary>
    /// <param name="stage">The stage; made on first use.</param>
    /// <param name="source">Whose record it is; made on first use.</param>
    /// <param name="record">The record.</param>
    /// <param name="credits">A grant of this source at this stage: while it lasts, the offer is not refused for want of room.</param>
    public OfferResult BufferForStage(string stage, string source, T record, CreditGrant? credits = null)
    {
        var answer = Offer(stage, source, record, credits);
        if (store is not null) WaitWhileBehind();
        return answer;
    }

    OfferResult Offer(string stage, string source, T record, CreditGrant? credits)
    {
        var from = SourceOf(source);
        if (isPlain && credits is null && TryBufferPlainly(StageOf(stage), from, record)) return new(OfferStatus.Accepted, 1, 1, 0, from.Signal, from.AvailableCredits);
        var bytes = SizeOf(record);
        while (true)
        {
            var to = StageOf(stage);
            var id = options.IdOf is { } idOf && to.Buffer.Settings.Duplicates is not null ? idOf(record) : null;
            to.Gate.Enter();
            if (!TryStart_NeedsLock(to))
            {
                to.Gate.Exit();
                continue;
            }
            if (LineOf_NeedsLock(to, from) is not { } line)
            {
                to.Gate.Exit();
                from = SourceOf(source);
                continue;
            }
            var progress = new OfferProgress();
            try
            {
                line.Counts.Offered++;
                progress.Stopper = Admit_NeedsLock(to, line, bytes, id, credits, to.Lane.Before(line), ref progress.Evicted);
                if (progress.Stopper == OfferStatus.Accepted)
                {
                    Place_NeedsLock(to, line, record, bytes, id);
                    progress.Accepted = progress.Consumed = 1;
                }
                else Refuse_NeedsLock(to, line, 1, bytes, ref progress);
            }
            finally { Leave(to, to.Buffer.Settings.TimeToLive is not null); }
            return Answer(from, progress);
        }
    }

    /// <summary>
    /// The short way for what nearly every offer is: a record without size or id, for a source that is known at the stage, where there is room.
    /// Answers false, with nothing changed, whenever it is anything else.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryBufferPlainly(StageState<T> to, SourceState from, T record)
    {
        to.Gate.Enter();
        if (to.IsRemoved || to.Buffer.LastLine is not { } line || !ReferenceEquals(line.Source, from) || room.Count > 0 || state != 0 || line.Records.Count == 0 && to.Pool.Zone != 0 || from.IsHeldByOperator
            || to.Buffer.Settings.TimeToLive is not null || !TryTakePlainRoom_NeedsLock(to, from))
        {
            to.Gate.Exit();
            return false;
        }
        var now = clock.NowMs;
        to.LastUsed = to.Now = now;
        line.Counts.Offered++;
        to.Buffer.Add(line, record, 0, now);
        if (line.WasRefused | from.Pool.IsZoneStale | to.Pool.IsZoneStale | global.IsZoneStale | to.Consumers.Count > 0)
        {
            Placed_NeedsLock(to, line, held: true);
            to.FreedRoom = false;
            Leave(to, mayHaveDeadline: false);
        }
        else to.Gate.Exit();
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryTakePlainRoom_NeedsLock(StageState<T> stage, SourceState source)
    {
        if (!stage.Pool.TryTakeOne()) return false;
        if (source.Pool.TryTakeOne())
        {
            if (global.TryTakeOne()) return true;
            source.Pool.Release(1, 0);
        }
        stage.Pool.Release(1, 0);
        return false;
    }

    /// <summary>Offers one record in the form it has inside a buffer: its source and target stage are read from it.</summary>
    /// <exception cref="ArgumentException">It names another pipeline or another stage.</exception>
    public OfferResult BufferForStage(string stage, BufferedRecord<T> record)
    {
        if (record.PipelineId != PipelineId)
            throw new ArgumentException($"PipelineId is '{record.PipelineId}'; this manager belongs to pipeline '{PipelineId}'.", nameof(record));
        if (record.TargetStageId != stage)
        {
            Names.Checked(stage, "stage");
            throw new ArgumentException($"TargetStageId is '{record.TargetStageId}'; the record is offered to stage '{stage}'.", nameof(record));
        }
        return BufferForStage(stage, record.SourceId, record.Record);
    }

    /// <summary>Offers records to a stage, in order. A prefix is accepted; the answer says how many and what stopped it. Never waits.</summary>
    public OfferResult BufferBatchForStage(string stage, string source, ReadOnlySpan<T> records, CreditGrant? credits = null)
    {
        var answer = OfferBatch(stage, source, records, credits);
        if (store is not null) WaitWhileBehind();
        return answer;
    }

    OfferResult OfferBatch(string stage, string source, ReadOnlySpan<T> records, CreditGrant? credits, NamedOffer? offer = null)
    {
        var sizes = SizesOf(records);
        while (true)
        {
            var from = SourceOf(source);
            var to = StageOf(stage);
            var ids = IdsOf(to, records);
            to.Gate.Enter();
            if (!TryStart_NeedsLock(to))
            {
                to.Gate.Exit();
                continue;
            }
            if (LineOf_NeedsLock(to, from) is not { } line)
            {
                to.Gate.Exit();
                continue;
            }
            var progress = ProgressOf(offer);
            try
            {
                line.Counts.Offered += records.Length - progress.Consumed;
                AdmitPrefix_NeedsLock(to, line, records, sizes, ids, credits, to.Lane.Before(line), ref progress);
                if (progress.Consumed < records.Length) Refuse_NeedsLock(to, line, records.Length - progress.Consumed, sizes?[progress.Consumed] ?? 0, ref progress);
                if (offer is not null) Note_NeedsLock(to, offer, progress, isComplete: true);
            }
            finally { Leave(to, to.Buffer.Settings.TimeToLive is not null); }
            return Answer(from, progress);
        }
    }

    static OfferStatus StatusOf(in OfferProgress progress) =>
        progress.Stopper == OfferStatus.Accepted && progress.Duplicates > 0 ? OfferStatus.Duplicate : progress.Stopper;

    OfferResult Answer(SourceState source, in OfferProgress progress) => new(
        Named(StatusOf(progress), source), progress.Accepted, progress.Consumed, progress.Evicted, source.Signal, source.AvailableCredits);

    /// <summary>Accepts records from where the offer stands until something stops it. Wherever no bytes are bounded, room is taken once for all.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="line">The source's queue there.</param>
    /// <param name="records">The records.</param>
    /// <param name="sizes">Their sizes; null: they have none.</param>
    /// <param name="ids">Their ids; null: nobody asks for them.</param>
    /// <param name="credits">A grant that covers some of them.</param>
    /// <param name="before">What those who came before wait for: without a credit no room is taken. Accepted: nobody came before.</param>
    /// <param name="progress">How far the offer has come.</param>
    void AdmitPrefix_NeedsLock(
        StageState<T> stage, SourceLine<T> line, ReadOnlySpan<T> records, int[]? sizes, string?[]? ids, CreditGrant? credits, OfferStatus before,
        ref OfferProgress progress)
    {
        progress.Stopper = OfferStatus.Accepted;
        if (ids is null && State != ManagerState.Stopped && IsOpen_NeedsLock(line) && !BoundsBytes(stage, line.Source!))
        {
            if (credits is not null) AdmitOnCredit_NeedsLock(stage, line, records, sizes, credits, ref progress);
            else if (State == ManagerState.Running && before == OfferStatus.Accepted && !line.Source!.IsHeldByOperator) AdmitTogether_NeedsLock(stage, line, records, sizes, ref progress);
        }
        while (progress.Consumed < records.Length && progress.Stopper is OfferStatus.Accepted or OfferStatus.StageFull)
        {
            var (record, bytes, id) = (records[progress.Consumed], sizes?[progress.Consumed] ?? 0, ids?[progress.Consumed]);
            progress.Stopper = Admit_NeedsLock(stage, line, bytes, id, credits, before, ref progress.Evicted);
            if (progress.Stopper == OfferStatus.Duplicate)
            {
                line.Counts.Losses.Add(LossReason.Duplicate, 1);
                progress.Duplicates++;
                progress.Consumed++;
                progress.Stopper = OfferStatus.Accepted;
                continue;
            }
            if (progress.Stopper != OfferStatus.Accepted) return;
            Place_NeedsLock(stage, line, record, bytes, id);
            progress.Accepted++;
            progress.Consumed++;
        }
    }

    void AdmitTogether_NeedsLock(StageState<T> stage, SourceLine<T> line, ReadOnlySpan<T> records, int[]? sizes, ref OfferProgress progress)
    {
        var rest = records[progress.Consumed..];
        var source = line.Source!;
        var wanted = rest.Length;
        var atStage = stage.Pool.TakeUpTo(wanted, 0);
        var atSource = source.Allowance is { IsUsable: false } ? 0 : source.Pool.TakeUpTo(atStage, 0);
        var taken = global.TakeUpTo(atSource, 0);
        progress.Stopper = taken == wanted ? OfferStatus.Accepted
            : taken < atSource ? OfferStatus.GlobalFull : atSource < atStage ? OfferStatus.SourceFull : OfferStatus.StageFull;
        if (atSource < atStage) source.Allowance?.Lacked(atStage - atSource);
        if (atStage > taken) stage.Pool.Release(atStage - taken, 0);
        if (atSource > taken)
        {
            source.Pool.Release(atSource - taken, 0);
            stage.Touch(source); // another thread may have seen the fill that has not come about
        }
        if (taken == 0) return;
        var placedSizes = sizes is null ? default : sizes.AsSpan(progress.Consumed, taken);
        long bytes = 0;
        foreach (var size in placedSizes) bytes += size;
        if (bytes > 0)
        {
            stage.Pool.TryTakeBytes(bytes);
            source.Pool.TryTakeBytes(bytes);
            global.TryTakeBytes(bytes);
        }
        var held = line.Holds;
        stage.Buffer.Add(line, rest[..taken], placedSizes, stage.Now);
        Placed_NeedsLock(stage, line, held);
        progress.Accepted += taken;
        progress.Consumed += taken;
    }

    /// <summary>False when nothing may come in whatever room there is: the store fails, or has records that come before.</summary>
    bool IsOpen_NeedsLock(SourceLine line) => store is null || line.Stored == 0 && !store.IsFailing;

    /// <summary>Accepts as many records as the grant still covers. Bytes are counted here, not bounded.</summary>
    void AdmitOnCredit_NeedsLock(
        StageState<T> stage, SourceLine<T> line, ReadOnlySpan<T> records, int[]? sizes, CreditGrant credits, ref OfferProgress progress)
    {
        if (stage.Credits.Find(credits.Id, line) is not { } credit) return;
        var taken = Math.Min(records.Length - progress.Consumed, credit.Records);
        if (taken == 0) return;
        var placedSizes = sizes is null ? default : sizes.AsSpan(progress.Consumed, taken);
        var more = -(long)taken * credit.BytesPerRecord;
        foreach (var size in placedSizes) more += size;
        if (more > 0)
        {
            stage.Pool.TryTakeBytes(more);
            line.Source!.Pool.TryTakeBytes(more);
            global.TryTakeBytes(more);
        }
        line.BeforeChange(stage.Now);
        stage.Credits.Use(credit, taken);
        Interlocked.Add(ref creditsOut, -taken);
        if (more < 0) stage.Release(line, 0, -more, 0, -more);
        var held = line.Holds;
        stage.Buffer.Add(line, records.Slice(progress.Consumed, taken), placedSizes, stage.Now);
        Placed_NeedsLock(stage, line, held);
        progress.Accepted += taken;
        progress.Consumed += taken;
    }

    bool BoundsBytes(StageState<T> stage, SourceState source) =>
        options.SizeOf is not null && (stage.Pool.Limits.Bytes ?? source.Pool.Limits.Bytes ?? global.Limits.Bytes) is not null;

    /// <summary>Takes room for one record, from a credit or under all three limits, dropping older records if that is the stage's rule.</summary>
    OfferStatus Admit_NeedsLock(
        StageState<T> stage, SourceLine<T> line, int bytes, string? id, CreditGrant? credits, OfferStatus before, ref int evicted)
    {
        var source = line.Source!;
        if (State == ManagerState.Stopped) return OfferStatus.Draining;
        var credit = credits is null ? null : stage.Credits.Find(credits.Id, line);
        if (credit is null && State == ManagerState.Draining) return OfferStatus.Draining;
        if (!CouldEverHold(stage, source, bytes)) return OfferStatus.TooLarge;
        if (!string.IsNullOrEmpty(id) && stage.Buffer.Settings.Duplicates is { } window && stage.Duplicates.Contains(id, window, stage.Now)) return OfferStatus.Duplicate;
        if (credit is null && source.IsHeldByOperator) return OfferStatus.Held;
        if (!IsOpen_NeedsLock(line)) return store!.IsFailing ? OfferStatus.StoreFailing : OfferStatus.SourceFull;
        if (credit is not null) return TakeCredit_NeedsLock(stage, line, credit, bytes);
        if (before != OfferStatus.Accepted) return before; // those who wait come first
        while (true)
        {
            var status = TakeRoom_NeedsLock(stage, source, bytes);
            if (status != OfferStatus.StageFull || stage.Buffer.Settings.WhenFull != FullRule.DropOldest) return status;
            if (stage.Pool.Owed > 0 || !CanDropOldest_NeedsLock(stage, source) || !stage.Buffer.DropOldest(stage.Now)) return status;
            evicted++;
        }
    }

    /// <summary>The source's limit is kept, too: a record of another source must not give way to one that is refused all the same.</summary>
    static bool CanDropOldest_NeedsLock(StageState<T> stage, SourceState source) =>
        source.Pool.Available > 0 || ReferenceEquals(stage.Buffer.OldestLine?.Source, source);

    OfferStatus TakeRoom_NeedsLock(StageState<T> stage, SourceState source, int bytes)
    {
        if (!stage.Pool.TryTake(bytes)) return OfferStatus.StageFull;
        if (source.Allowance is { IsUsable: false } || !source.Pool.TryTake(bytes))
        {
            stage.Pool.Release(1, bytes);
            source.Allowance?.Lacked(1);
            return OfferStatus.SourceFull;
        }
        if (global.TryTake(bytes)) return OfferStatus.Accepted;
        stage.Pool.Release(1, bytes);
        source.Pool.Release(1, bytes);
        stage.Touch(source); // another thread may have seen the fill that has not come about
        return OfferStatus.GlobalFull;
    }

    void Place_NeedsLock(StageState<T> stage, SourceLine<T> line, T record, int bytes, string? id)
    {
        var held = line.Holds;
        stage.Buffer.Add(line, record, bytes, stage.Now);
        if (!string.IsNullOrEmpty(id) && stage.Buffer.Settings.Duplicates is { } window)
        {
            stage.Duplicates.Remember(id, window, stage.Now);
            if (store is not null) stage.Tell(new StageEvent<T>.Remembered(id, stage.Now, window));
        }
        Placed_NeedsLock(stage, line, held);
    }

    static void Placed_NeedsLock(StageState<T> stage, SourceLine<T> line, bool held)
    {
        if (line.WasRefused) line.WasRefused = false;
        var source = line.Source!;
        source.Allowance?.Took(source.Pool.Available);
        if (source.Pool.RefreshZone(stage.Now) || !held && stage.Pool.Zone != 0) source.Evaluate();
    }

    /// <summary>Enters what was not accepted into the ledger; under <see cref="FullRule.DropNewest"/> a full stage drops it instead.</summary>
    void Refuse_NeedsLock(StageState<T> stage, SourceLine<T> line, int records, int bytes, ref OfferProgress progress)
    {
        if (progress.Stopper == OfferStatus.StageFull && stage.Buffer.Settings.WhenFull == FullRule.DropNewest)
        {
            progress.Stopper = OfferStatus.Dropped;
            progress.Consumed += records;
        }
        progress.Stopper = Named(progress.Stopper, line.Source!);
        line.Counts.Losses.Add(ReasonOf(progress.Stopper), records);
        if (progress.Stopper == OfferStatus.Duplicate)
        {
            progress.Consumed += records;
            return;
        }
        if (progress.Stopper is OfferStatus.StageFull or OfferStatus.Dropped && !line.WasRefused) stage.Refused_NeedsLock(line);
        WakeLater_NeedsLock(stage, line, bytes, progress.Stopper);
    }

    /// <summary>A source that listens to its signals is woken once what was refused it would be accepted, whether its signal changes or not.</summary>
    void WakeLater_NeedsLock(StageState<T> stage, SourceLine<T> line, int bytes, OfferStatus status)
    {
        if (!IsRetryable(status) || !line.Source!.IsListenedTo) return;
        refusals.Add(line, stage, bytes);
        stage.RefusedLine = line;
        if (store is { IsFailing: true }) WatchStore_NeedsLock(stage);
    }

    static bool CouldEvict(StageState<T> stage) =>
        stage.Buffer.Settings.WhenFull == FullRule.DropOldest && stage.Pool.Owed == 0 && stage.Buffer.Buffered > 0;

    static bool IsRetryable(OfferStatus status) =>
        status is OfferStatus.StageFull or OfferStatus.SourceFull or OfferStatus.GlobalFull or OfferStatus.StoreFailing or OfferStatus.Held or OfferStatus.BudgetFull;

    /// <summary>Whether an offer that was refused would find room now. Read without the stage's gate: whoever changes what is read here looks again after it.</summary>
    bool WouldTake(SourceLine<T> line, RefusedSources<T>.Refusal refused) =>
        room.ForManager == 0 && refused.Stage.Lane.ForStage == 0 && line.FirstWaiter is null && line.Source!.Waiting == 0 && !line.Source.IsHeldByOperator && IsOpen_NeedsLock(line)
        && (refused.Stage.Pool.HasRoom(refused.Bytes) || CouldEvict(refused.Stage)) && line.Source.Pool.HasRoom(refused.Bytes) && global.HasRoom(refused.Bytes);

    static LossReason ReasonOf(OfferStatus status) => status switch
    {
        OfferStatus.StageFull => LossReason.StageFull,
        OfferStatus.SourceFull => LossReason.SourceFull,
        OfferStatus.GlobalFull => LossReason.GlobalFull,
        OfferStatus.TooLarge => LossReason.TooLarge,
        OfferStatus.Duplicate => LossReason.Duplicate,
        OfferStatus.Draining => LossReason.Draining,
        OfferStatus.StoreFailing => LossReason.StoreFailing,
        OfferStatus.Held => LossReason.Held,
        OfferStatus.BudgetFull => LossReason.BudgetFull,
        OfferStatus.Dropped => LossReason.DroppedNewest,
        _ => throw new InvalidOperationException($"An offer answered {status} lost nothing."),
    };
}
