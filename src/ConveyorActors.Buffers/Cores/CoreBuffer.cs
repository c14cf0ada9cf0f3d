namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// One core's buffer: the ring, the batch that the drainer has taken, and the counts of both. The buffer outlives every
/// drainer and every stop.
/// </summary>
/// <remarks>
/// Members marked "Only the drainer" are for the one drainer that is alive; the others are for any thread. A taken
/// batch stays at its place in the ring and keeps its room until it is settled: it is not copied, and nothing is lost
/// if the drainer dies. A batch is settled under a lock, which is taken once for each batch and never by a producer, so
/// that the counts balance whenever they are read. User code never runs under the lock.
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
    /// Gets the event that wakes the drainer: set by a producer that finds the drainer parked, by timers, and by a
    /// stop. Setting it too often is harmless.
    /// </summary>
    public AutoResetEvent Bell { get; } = new(false);

    /// <summary>Gets the number of items settled: drained or dead-lettered. Only the drainer.</summary>
    public long Settled => drained + deadLettered;

    /// <summary>
    /// Gets the number of items in the taken batch. The sink may have seen them, so the batch is handed over again
    /// unchanged, without more items, until it is settled. Only the drainer.
    /// </summary>
    public int HeldCount => held;

    /// <summary>Gets the taken batch. Only the drainer.</summary>
    public ReadOnlyMemory<T> Batch => Ring.Peek(held);

    /// <summary>
    /// Gets how often the sink has failed on the taken batch. Only the drainer; stored here so that the count survives
    /// the drainer's death.
    /// </summary>
    public int Attempts { get; private set; }

    /// <summary>
    /// Starts a drainer that runs until the ring is closed and empty, or the drainer is cancelled. It starts after the
    /// previous drainer has ended.
    /// </summary>
    /// <returns>A task that completes when the drainer has ended and never fails.</returns>
    public Task StartDrainer(CoreDrain<T> drain, CancellationToken cancellationToken)
    {
        var thread = new DrainerThread<T>(this, drain, cancellationToken);
        thread.StartAfter(drainerEnded);
        return drainerEnded = thread.Ended;
    }

    /// <summary>Takes the first items of the ring as a batch. Only the drainer.</summary>
    /// <param name="count">The number of items: at most the number that is ready.</param>
    public void Take(int count) => Volatile.Write(ref held, count);

    /// <summary>Settles the batch as taken by the sink. Only the drainer.</summary>
    public void SettleDrained() => Settle(ref drained);

    /// <summary>Settles the batch as dead letters. Only the drainer.</summary>
    public void SettleDeadLettered() => Settle(ref deadLettered);

    /// <summary>Counts a failure of the sink; the batch stays taken. Only the drainer.</summary>
    public void RecordSinkFailure(Exception error)
    {
        Attempts++;
        RecordFailure(ref sinkFailures, error);
    }

    public void RecordDeadLetterFailure(Exception error) => RecordFailure(ref deadLetterFailures, error);

    public void RecordDrainerFailure(Exception error) => RecordFailure(ref drainerRestarts, error);

    /// <summary>Returns the counts at one moment. Any thread.</summary>
    public CoreBufferStats GetStats()
    {
        lock (gate)
        {
            // The head does not move under the lock, so its distance from the tail is never more than the capacity. The
            // size of the taken batch is read before the tail: an item that is accepted and taken in between is then
            // counted as waiting.
            var inFlight = Volatile.Read(ref held);
            var accepted = Ring.Accepted;
            return new(
                Core,
                capacity,
                accepted - Ring.Taken - inFlight,
                inFlight,
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

    void RecordFailure(ref long failures, Exception error)
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
