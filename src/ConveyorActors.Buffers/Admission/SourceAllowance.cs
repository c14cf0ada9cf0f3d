using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// The room of one source of one manager that is granted by the source's budget over a cluster. The manager admits no
/// more than granted, and signals when it needs more.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The manager changes the terms under its structure lock. Signalling that more room is
/// needed is cheap and may be done under a stage's gate: the signal is raised once until <see cref="TakeNeeds"/> is
/// called.
/// </remarks>
sealed class SourceAllowance
{
    static readonly TimeSpan MaxRequestInterval = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    readonly TimeProvider clock;
    readonly Action<SourceAllowance> wake;
    AllowanceTerms terms;
    TaskCompletionSource? replied;
    long needed;
    int isAwake;
    volatile bool isExhausted,
        wasUsed,
        isSilent,
        isLowering;
    long requestBelow,
        usableUntil = long.MaxValue;

    /// <param name="source">The source.</param>
    /// <param name="wake">
    /// Called when more room is needed. The callback must not wait, and must not call the manager.
    /// </param>
    /// <param name="clock">Measures how long an offer waits for the budget's reply.</param>
    public SourceAllowance(string source, Action<SourceAllowance> wake, TimeProvider clock)
    {
        (Source, this.wake, this.clock) = (source, wake, clock);
        Offers = new(WaitForReplyAsync);
    }

    public string Source { get; }

    /// <summary>Gets the offers that wait for the budget's reply, in order.</summary>
    public CatchUpQueue Offers { get; }

    public AllowanceTerms Terms
    {
        get
        {
            lock (gate)
                return terms;
        }
    }

    /// <summary>
    /// Gets whether the budget has replied that it has no more to grant now. The budget grants more by itself when it
    /// can.
    /// </summary>
    public bool IsExhausted => isExhausted;

    /// <summary>Gets whether the budget did not reply in time: offers are refused at once until it replies.</summary>
    public bool IsSilent => isSilent;

    /// <summary>Gets the room, in records, below which more is requested from the budget.</summary>
    public long RequestBelow => Volatile.Read(ref requestBelow);

    /// <summary>Gets the time until which new records are admitted, as a timestamp of the clock.</summary>
    public long UsableUntil => Volatile.Read(ref usableUntil);

    /// <summary>Gets whether new records are still admitted: the grant has not expired.</summary>
    public bool IsUsable => UsableUntil == long.MaxValue || clock.GetTimestamp() < UsableUntil;

    /// <summary>Sets the terms of the grant.</summary>
    /// <param name="given">The terms.</param>
    /// <param name="exhausted">Whether the budget has no more to grant now.</param>
    /// <param name="low">The room, in records, below which more is requested.</param>
    /// <param name="until">The time until which new records are admitted, as a timestamp of the clock.</param>
    public void Set(in AllowanceTerms given, bool exhausted, long low, long until)
    {
        lock (gate)
            terms = given;
        Volatile.Write(ref usableUntil, until);
        (isExhausted, isSilent, isLowering) = (exhausted, false, given.Admitted < given.Granted);
        Volatile.Write(ref requestBelow, low);
    }

    /// <summary>Lets offers that waited for a reply continue. Called when the terms are in force.</summary>
    public void RecordReply()
    {
        TaskCompletionSource? waiting;
        lock (gate)
            (waiting, replied) = (replied, null);
        waiting?.SetResult();
    }

    /// <summary>Called when records were placed and <paramref name="left"/> records of room remain.</summary>
    public void RecordTaken(long left)
    {
        if (!wasUsed)
            wasUsed = true;
        if (left < Volatile.Read(ref requestBelow) && !isExhausted)
            Wake();
    }

    /// <summary>
    /// Called when room became free. While room is being given back, the budget must learn of it soon.
    /// </summary>
    public void RecordFreed()
    {
        if (isLowering)
            Wake();
    }

    /// <summary>Called when there was no room for a number of records.</summary>
    public void RecordShortage(long records)
    {
        wasUsed = true;
        lock (gate)
            needed = Math.Max(needed, records);
        if (!isExhausted)
            Wake();
    }

    /// <summary>
    /// Returns how many records found no room since the last call, and whether the source was used since then.
    /// </summary>
    public (long Needed, bool WasUsed) TakeNeeds()
    {
        Volatile.Write(ref isAwake, 0); // first, so that later needs raise the signal again
        (long, bool) taken;
        lock (gate)
            (taken, needed) = ((needed, wasUsed), 0);
        wasUsed = false;
        return taken;
    }

    void Wake()
    {
        if (Interlocked.Exchange(ref isAwake, 1) == 0)
            wake(this);
    }

    /// <summary>
    /// Returns whether an offer of the given number of records would find too little room and a reply of the budget may
    /// change that.
    /// </summary>
    public bool NeedsMore(long room, int records) => room < records && !isExhausted && !isSilent;

    /// <summary>Gets or sets the function that returns the room for new records now.</summary>
    public Func<long> Room { get; set; } = static () => 0;

    async Task WaitForReplyAsync(int records)
    {
        while (NeedsMore(Room(), records))
        {
            Task reply;
            lock (gate)
                // One offer waits at a time, because the others wait behind it in the queue.
                reply = (replied = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (!NeedsMore(Room(), records))
                return; // the reply arrived in between
            RecordShortage(records);
            try
            {
                await reply.WaitAsync(MaxRequestInterval, clock).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                isSilent = true;
            }
        }
    }
}
