using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Leasing;

/// <summary>One batch that is out: how far it has been emitted, and what has been settled of it.</summary>
/// <remarks>
/// Any thread may settle. Settles gather and go to the service together: when nothing is left open, at once; otherwise
/// as soon as the stage's mailbox has come round without a further one. What concerns emitting is the stage's only.
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

    /// <summary>How many records it has.</summary>
    public int Count => settledBy.Length;

    /// <summary>How many of them, from the first, have been emitted or will not be.</summary>
    public int Emitted { get; private set; }

    /// <summary>True when there are records left to emit.</summary>
    public bool HasMore => Emitted < Count;

    /// <summary>How often the stage has looked at its age since it came or was renewed.</summary>
    public int Age { get; set; }

    /// <summary>How long it was given for.</summary>
    public TimeSpan Life { get; }

    /// <summary>When what is not settled goes back by itself.</summary>
    public DateTimeOffset Deadline { get; set; }

    /// <summary>True when nothing of it is left to be settled.</summary>
    public bool IsSettled
    {
        get
        {
            lock (gate)
                return open == 0;
        }
    }

    public ref readonly BufferedRecord<ConveyorRecord> this[int index] => ref records[index];

    /// <summary>The index of the next record to emit, which counts as emitted from now on.</summary>
    public int Next() => Emitted++;

    /// <summary>
    /// Settles one record; the answer comes when the service has been told. A record that was settled before keeps to
    /// what was said first.
    /// </summary>
    public ValueTask<SettleStatus> Settle(int index, SettleKind kind, string? reason = null)
    {
        SettleCall call;
        SettleCall? replaced;
        bool isLast;
        lock (gate)
        {
            if (settledBy[index] is { } earlier)
                return earlier.Means(kind) ? new(earlier.Answer) : new(SettleStatus.UnknownLease);
            call = Gathering_NeedsLock(kind, reason, out replaced);
            isLast = Settle_NeedsLock(index, call);
        }
        Send(replaced);
        if (isLast)
            SendGathered();
        else
            gathering.Add();
        return new(call.Answer);
    }

    /// <summary>Completes records that nobody else has a hand on, and tells the service at once.</summary>
    public void Complete(int from, int count)
    {
        lock (gate)
        {
            var call = Gathering_NeedsLock(SettleKind.Completed, null, out _);
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
    /// The call that gathers such records; one that has gathered returns for another reason is left to the caller to
    /// send.
    /// </summary>
    SettleCall Gathering_NeedsLock(SettleKind kind, string? reason, out SettleCall? replaced)
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

    /// <summary>Tells the service what has been settled by now.</summary>
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

    /// <summary>Nothing is added to the call any more, so its records can be looked up without the lock.</summary>
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

    /// <summary>Gives back, uncharged, what has not been emitted.</summary>
    public void ReturnRest(string reason)
    {
        if (HasMore)
            TakeBack(Emitted, reason);
        Emitted = Count;
    }

    /// <summary>
    /// Gives back, uncharged, all that is not settled. Whoever settles such a record later is answered that the lease
    /// is not known.
    /// </summary>
    public void ReturnAll(string reason)
    {
        TakeBack(0, reason);
        Emitted = Count;
    }

    /// <summary>
    /// Takes all that is not settled out of its handles, without telling the service. Returns false when there is
    /// nothing.
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

    /// <summary>The lease has expired: what has not been emitted is back in the buffer already.</summary>
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
