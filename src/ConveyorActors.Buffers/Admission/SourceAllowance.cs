using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// One source of one manager whose room is granted from outside: by its budget over a cluster. The manager admits no
/// more than is granted, and tells when it needs more.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The manager changes the terms under its structure lock. Telling that more is needed is
/// cheap and may be done under a stage's gate: it is done once, until <see cref="TakeNeeds"/> is called.
/// </remarks>
sealed class SourceAllowance
{
    static readonly TimeSpan LongestAsk = TimeSpan.FromSeconds(5);

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
    long askBelow,
        usableUntil = long.MaxValue;

    /// <param name="source">The source.</param>
    /// <param name="wake">Called when more is needed. It must not wait, and must not call the manager.</param>
    /// <param name="clock">Measures how long an offer waits for the budget's reply.</param>
    public SourceAllowance(string source, Action<SourceAllowance> wake, TimeProvider clock)
    {
        (Source, this.wake, this.clock) = (source, wake, clock);
        Offers = new(WhenRepliedAsync);
    }

    public string Source { get; }

    /// <summary>Offers that wait for the budget's reply, in order.</summary>
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
    /// Whether the budget has said that it has no more to grant now. It grants more by itself once it has.
    /// </summary>
    public bool IsExhausted => isExhausted;

    /// <summary>Whether no reply came in time: offers are refused at once until one comes.</summary>
    public bool IsSilent => isSilent;

    /// <summary>More is asked for when less room than this is left.</summary>
    public long AskBelow => Volatile.Read(ref askBelow);

    /// <summary>Until when new records are admitted, as a timestamp of the clock.</summary>
    public long UsableUntil => Volatile.Read(ref usableUntil);

    /// <summary>Whether new records are admitted still: the grant has not expired.</summary>
    public bool IsUsable => UsableUntil == long.MaxValue || clock.GetTimestamp() < UsableUntil;

    /// <summary>Sets what is granted.</summary>
    /// <param name="given">The terms.</param>
    /// <param name="exhausted">Whether the budget has no more to grant now.</param>
    /// <param name="low">More is asked for when less room than this is left.</param>
    /// <param name="until">Until when new records are admitted, as a timestamp of the clock.</param>
    public void Set(in AllowanceTerms given, bool exhausted, long low, long until)
    {
        lock (gate)
            terms = given;
        Volatile.Write(ref usableUntil, until);
        (isExhausted, isSilent, isLowering) = (exhausted, false, given.Admitted < given.Granted);
        Volatile.Write(ref askBelow, low);
    }

    /// <summary>Lets offers go on that waited for a reply. Called when the terms are in force.</summary>
    public void Replied()
    {
        TaskCompletionSource? waiting;
        lock (gate)
            (waiting, replied) = (replied, null);
        waiting?.SetResult();
    }

    /// <summary>Records were placed, and so much room is left.</summary>
    public void Took(long left)
    {
        if (!wasUsed)
            wasUsed = true;
        if (left < Volatile.Read(ref askBelow) && !isExhausted)
            Wake();
    }

    /// <summary>Room became free. While room is being given back, the budget is to learn of it soon.</summary>
    public void Freed()
    {
        if (isLowering)
            Wake();
    }

    /// <summary>There was no room for so many records.</summary>
    public void Lacked(long records)
    {
        wasUsed = true;
        lock (gate)
            needed = Math.Max(needed, records);
        if (!isExhausted)
            Wake();
    }

    /// <summary>
    /// Returns how many records found no room since the last call, and whether the source was used at all.
    /// </summary>
    public (long Needed, bool WasUsed) TakeNeeds()
    {
        Volatile.Write(ref isAwake, 0); // first: what is needed from here on wakes again
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
    /// Whether an offer of so many records would find too little room, and a reply of the budget may change that.
    /// </summary>
    public bool MustAsk(long room, int records) => room < records && !isExhausted && !isSilent;

    /// <summary>Gets or sets the room that there is for new records now.</summary>
    public Func<long> Room { get; set; } = static () => 0;

    async Task WhenRepliedAsync(int records)
    {
        while (MustAsk(Room(), records))
        {
            Task reply;
            lock (gate)
                reply = (replied ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (!MustAsk(Room(), records))
                return; // the reply came in between
            Lacked(records);
            try
            {
                await reply.WaitAsync(LongestAsk, clock).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                isSilent = true;
            }
        }
    }
}
