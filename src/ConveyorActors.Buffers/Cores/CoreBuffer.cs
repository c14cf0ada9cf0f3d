namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// One core's buffer: the ring, the batch in its drainer's hands, and the account of both. It outlives every drainer
/// and every stop.
/// </summary>
/// <remarks>
/// The members for the drainer are for the one drainer that is alive; the others are for any thread. A batch in hand
/// stays where it is in the ring, and keeps its room, until it is settled: it is not copied, and a drainer that dies
/// has nothing to lose. It is settled under a lock, taken once a batch and never by a producer, so that the account
/// balances whenever it is looked at. User code never runs under it.
/// </remarks>
sealed class CoreBuffer<T>
{
    readonly Lock gate = new();
    readonly int capacity;
    Task drainerEnded = Task.CompletedTask;
    int held;
    long drained,
        deadLettered,
        sinkFailures,
        deadLetterFailures,
        drainerRestarts;
    Exception? lastError;

    public CoreBuffer(int core, CoreBuffersSettings settings)
    {
        Core = core;
        capacity = settings.Capacity;
        Ring = new CoreRing<T>(settings.Capacity, Bell);
    }

    public int Core { get; }

    public CoreRing<T> Ring { get; }

    /// <summary>
    /// Wakes the drainer: rung by a producer that finds it parked, by timers, and by a stop. To ring too often does no
    /// harm.
    /// </summary>
    public AutoResetEvent Bell { get; } = new(false);

    /// <summary>How many items are settled, for good or bad. Only the drainer.</summary>
    public long Settled => drained + deadLettered;

    /// <summary>
    /// How many items are in hand. The sink may have seen them, so they are handed over again as they are, and not
    /// added to, until they are settled. Only the drainer.
    /// </summary>
    public int HeldCount => held;

    /// <summary>The batch in hand. Only the drainer.</summary>
    public ReadOnlyMemory<T> Batch => Ring.Peek(held);

    /// <summary>
    /// How often the sink has failed the batch in hand. Only the drainer; kept here so that a drainer's death does not
    /// forgive it.
    /// </summary>
    public int Attempts { get; private set; }

    /// <summary>
    /// Starts a drainer that lives until the ring is closed and empty, or it is cancelled; after the drainer before it,
    /// if that is still alive.
    /// </summary>
    /// <returns>Completes when it has ended; never fails.</returns>
    public Task StartDrainer(CoreDrain<T> drain, CancellationToken cancellationToken)
    {
        var thread = new DrainerThread<T>(this, drain, cancellationToken);
        thread.StartAfter(drainerEnded);
        return drainerEnded = thread.Ended;
    }

    /// <summary>Takes the first items of the ring in hand. Only the drainer.</summary>
    /// <param name="count">How many: no more than are ready.</param>
    public void Take(int count) => Volatile.Write(ref held, count);

    /// <summary>The sink has taken the batch. Only the drainer.</summary>
    public void Drained() => Settle(ref drained);

    /// <summary>The batch has become dead letters. Only the drainer.</summary>
    public void DeadLettered() => Settle(ref deadLettered);

    /// <summary>The sink has failed the batch, which stays in hand. Only the drainer.</summary>
    public void SinkFailed(Exception error)
    {
        Attempts++;
        Count(ref sinkFailures, error);
    }

    public void DeadLettersFailed(Exception error) => Count(ref deadLetterFailures, error);

    public void DrainerDied(Exception error) => Count(ref drainerRestarts, error);

    /// <summary>The account at one moment. Any thread.</summary>
    public CoreBufferStats Stats()
    {
        lock (gate)
        {
            // The head stands still under the lock, so its distance from the tail is never more than the capacity. What
            // is in hand is read before the tail: an item that is accepted and taken in between is then counted as
            // waiting.
            var inHand = Volatile.Read(ref held);
            var accepted = Ring.Accepted;
            return new(
                Core,
                capacity,
                accepted - Ring.Taken - inHand,
                inHand,
                accepted,
                Ring.Refused,
                drained,
                deadLettered,
                Volatile.Read(ref sinkFailures),
                Volatile.Read(ref deadLetterFailures),
                Volatile.Read(ref drainerRestarts),
                Volatile.Read(ref lastError)
            );
        }
    }

    void Count(ref long failures, Exception error)
    {
        Volatile.Write(ref lastError, error);
        Interlocked.Increment(ref failures);
    }

    void Settle(ref long account)
    {
        lock (gate)
        {
            account += held;
            Ring.Release(held);
            held = 0;
        }

        Attempts = 0;
    }
}
