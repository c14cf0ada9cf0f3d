using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Leasing;

/// <summary>
/// An open lease of a batch. Tracks how far the batch has been emitted, and which of its records are settled.
/// </summary>
/// <remarks>
/// Any thread may settle records. Settlements are gathered and sent together: at once if no record is open,
/// otherwise as soon as one round of the stage's mailbox has brought no further one. Only the stage may use the members
/// for emitting.
/// </remarks>
sealed class BatchLease
{
    readonly Lock gate = new();
    readonly LeaseOrigin origin;
    readonly BufferedRecord<ConveyorRecord>[] records;
    readonly SettleCall?[] settledBy;
    readonly DeferredStep gathering;
    SettleCall? completing,
        returning;
    int open;
    int gathered;

    public BatchLease(LeaseOrigin origin, LeasedBatch batch, StageInbox inbox, TimeSpan life)
    {
        this.origin = origin;
        records = batch.Records as BufferedRecord<ConveyorRecord>[] ?? [.. batch.Records];
        settledBy = new SettleCall?[records.Length];
        open = records.Length;
        gathering = new(inbox, () => Volatile.Read(ref gathered), SendGathered);
        Id = batch.Id;
        Deadline = batch.Deadline;
        Life = life;
    }

    public long Id { get; }

    /// <summary>Gets the number of records.</summary>
    public int Count => settledBy.Length;

    /// <summary>Gets how many records, from the first, have been emitted or will not be.</summary>
    public int Emitted { get; private set; }

    /// <summary>Gets whether there are records left to emit.</summary>
    public bool HasMore => Emitted < Count;

    /// <summary>Gets or sets how often the stage has checked the lease's age since it was granted or renewed.</summary>
    public int Age { get; set; }

    /// <summary>Gets how long the lease was granted for.</summary>
    public TimeSpan Life { get; }

    /// <summary>Gets or sets when unsettled records are returned automatically.</summary>
    public DateTimeOffset Deadline { get; set; }

    /// <summary>Gets whether all records are settled.</summary>
    public bool IsSettled
    {
        get
        {
            lock (gate)
                return open == 0;
        }
    }

    public ref readonly BufferedRecord<ConveyorRecord> this[int index] => ref records[index];

    /// <summary>Returns the index of the next record to emit, and counts it as emitted.</summary>
    public int TakeNext() => Emitted++;

    /// <summary>
    /// Settles one record and returns the service's result. A record that was settled before keeps its first
    /// settlement.
    /// </summary>
    public ValueTask<SettleStatus> Settle(int index, SettleKind kind, string? reason = null)
    {
        SettleCall call;
        SettleCall? replaced;
        bool isLast;
        lock (gate)
        {
            if (settledBy[index] is { } earlier)
                return earlier.IsEquivalentTo(kind) ? new(earlier.Result) : new(SettleStatus.UnknownLease);
            call = GetGatheringCall_NeedsLock(kind, reason, out replaced);
            isLast = Settle_NeedsLock(index, call);
        }
        Send(replaced);
        if (isLast)
            SendGathered();
        else
            gathering.Add();
        return new(call.Result);
    }

    /// <summary>Completes records that have no handles, and sends the settlement at once.</summary>
    public void Complete(int from, int count)
    {
        lock (gate)
        {
            var call = GetGatheringCall_NeedsLock(SettleKind.Completed, null, out _);
            for (var i = from; i < from + count; i++)
                Settle_NeedsLock(i, call);
        }
        SendGathered();
    }

    bool Settle_NeedsLock(int index, SettleCall call)
    {
        settledBy[index] = call;
        call.Add(index);
        gathered++;
        return --open == 0;
    }

    /// <summary>
    /// Returns the call that gathers settlements of a kind. If gathered returns have another reason, the caller must
    /// send them as <paramref name="replaced"/>.
    /// </summary>
    SettleCall GetGatheringCall_NeedsLock(SettleKind kind, string? reason, out SettleCall? replaced)
    {
        replaced = null;
        if (kind == SettleKind.Completed)
            return completing ??= new(kind, null);
        if (returning is { } other && !other.Is(kind, reason))
        {
            (replaced, returning) = (other, null);
            gathered -= other.Count;
        }
        return returning ??= new(kind, reason);
    }

    /// <summary>Sends the gathered settlements to the service.</summary>
    public void SendGathered()
    {
        SettleCall? completed,
            returned;
        lock (gate)
        {
            (completed, returned) = (completing, returning);
            completing = returning = null;
            gathered = 0;
        }
        Send(completed);
        Send(returned);
    }

    /// <summary>
    /// Sends a call. No further record is added to it, so its records can be looked up without the lock.
    /// </summary>
    void Send(SettleCall? call)
    {
        if (call is null)
            return;
        if (call.Count == Count)
        {
            call.Send(origin, Id, null);
            return;
        }
        var sequences = new long[call.Count];
        var next = 0;
        for (var i = call.Range.From; i <= call.Range.To; i++)
            if (ReferenceEquals(settledBy[i], call))
                sequences[next++] = records[i].Sequence;
        call.Send(origin, Id, sequences);
    }

    /// <summary>Returns, uncharged, the records that have not been emitted.</summary>
    public void ReturnRest(string reason)
    {
        if (HasMore)
            TakeBack(Emitted, reason);
        Emitted = Count;
    }

    /// <summary>
    /// Returns, uncharged, all records that are not settled. A later settlement of such a record gets UnknownLease.
    /// </summary>
    public void ReturnAll(string reason)
    {
        TakeBack(0, reason);
        Emitted = Count;
    }

    /// <summary>
    /// Settles all open records locally, without a call to the service. Returns false if there are none.
    /// </summary>
    public bool TakeEmitted(string reason)
    {
        Emitted = Count;
        return TakeOver(0, new SettleCall(SettleKind.TakenBack, reason));
    }

    void TakeBack(int from, string reason)
    {
        SendGathered();
        var call = new SettleCall(SettleKind.TakenBack, reason);
        if (!TakeOver(from, call))
            return;
        Send(call);
    }

    /// <summary>
    /// Marks the records that have not been emitted as gone: the lease has expired, and the buffer already has them
    /// back.
    /// </summary>
    public void ForgetRest()
    {
        TakeOver(Emitted, new SettleCall(SettleKind.TakenBack, null));
        Emitted = Count;
    }

    bool TakeOver(int from, SettleCall call)
    {
        lock (gate)
        {
            for (var i = from; i < Count; i++)
            {
                if (settledBy[i] is not null)
                    continue;
                settledBy[i] = call;
                call.Add(i);
            }
            open -= call.Count;
            return call.Count > 0;
        }
    }
}
