using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Provides one bounded buffer per core, each with one drainer that hands batches to a sink, so that producers on
/// different cores do not contend.
/// </summary>
/// <remarks>
/// Every member may be called from any thread. <see cref="Enqueue"/> allocates nothing, takes no lock and never throws;
/// only the one call that finds a drainer asleep also signals its event. An accepted item is drained, becomes a dead
/// letter, or is reported as remaining by a stop; none is lost, and none is counted twice. The sink may see an item
/// twice (after it failed, or when a drainer died after the sink was done). A program that ends without a stop loses
/// the buffered items.
/// </remarks>
/// <typeparam name="T">The type of the buffered items.</typeparam>
public sealed class CoreBuffers<T> : IAsyncDisposable, IDisposable
{
    /// <summary>The most buffers that can be started.</summary>
    public const int MaxCount = 4_096;

    readonly CoreBuffersSettings settings;
    readonly CoreDrain<T> drain;
    readonly TimeProvider clock;
    readonly Lock lifecycle = new();

    // Contains every buffer ever created, guarded by the lock; the first ones are those that are started.
    readonly List<CoreBuffer<T>> buffers = [];

    // The rings of the started buffers; empty when not started. One read gives producers both the state and the rings.
    volatile CoreRing<T>[] open = [];
    CoreRun<T>? run;
    uint writers;

    /// <summary>
    /// Initializes buffers that are not started: <see cref="Enqueue"/> returns <see cref="EnqueueStatus.NotStarted"/>.
    /// </summary>
    /// <param name="sink">Takes the batches.</param>
    /// <param name="settings">The settings; null: the default settings.</param>
    /// <param name="deadLetters">
    /// Takes the batches on which the sink failed too often; null: they are only counted.
    /// </param>
    /// <param name="clock">The clock for linger, backoff and the deadline of a stop; null: the system clock.</param>
    public CoreBuffers(
        CoreSink<T> sink,
        CoreBuffersSettings? settings = null,
        CoreDeadLetters<T>? deadLetters = null,
        TimeProvider? clock = null
    )
    {
        ArgumentNullException.ThrowIfNull(sink);
        this.settings = settings ?? new();
        this.clock = clock ?? TimeProvider.System;
        drain = new(sink, deadLetters, this.settings, this.clock);
    }

    /// <summary>Gets the number of started buffers; 0 when not started.</summary>
    public int Count => open.Length;

    /// <summary>Gets whether the buffers are started and not stopped since.</summary>
    public bool IsStarted => open.Length > 0;

    /// <inheritdoc cref="CoreDrain{T}.Probe"/>
    internal Action<CoreStep, int>? Probe
    {
        set => drain.Probe = value;
    }

    /// <summary>Starts one buffer per core of this machine.</summary>
    /// <exception cref="InvalidOperationException">The buffers are already started, or still stopping.</exception>
    public void Start() => Start(Environment.ProcessorCount);

    /// <summary>Starts a number of buffers. Items left behind by an earlier stop are drained first.</summary>
    /// <param name="count">The number of buffers, from 1 to <see cref="MaxCount"/>.</param>
    /// <exception cref="InvalidOperationException">The buffers are already started, or still stopping.</exception>
    public void Start(int count)
    {
        if (count is < 1 or > MaxCount)
            throw new ArgumentOutOfRangeException(
                nameof(count),
                count,
                $"count is {count}; it must be from 1 to {MaxCount} buffers."
            );
        lock (lifecycle)
        {
            if (run is not null)
                throw new InvalidOperationException(
                    run.Stopping is null
                        ? $"The buffers are started already ({Count}); stop them before they are started again."
                        : "The buffers are still stopping."
                );
            while (buffers.Count < count)
                buffers.Add(new(buffers.Count, settings));
            run = new CoreRun<T>(buffers, count, drain);
            open = [.. buffers.Take(count).Select(b => b.Ring)];
        }
    }

    /// <summary>
    /// Adds an item to the buffer of the current core and returns whether the item was accepted. The order of items
    /// from different calls is not guaranteed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EnqueueStatus Enqueue(T item)
    {
        // If the thread moves to another core between these lines, no harm is done: any buffer accepts items from any
        // thread.
        var ring = GetRing((uint)Thread.GetCurrentProcessorId());
        return ring is null ? EnqueueStatus.NotStarted : ring.Enqueue(item);
    }

    /// <summary>
    /// Adds the first items of a batch to the buffer of the current core, as many as there is room for.
    /// </summary>
    /// <returns>
    /// The number of items accepted. The sink receives them in order, with no other items in between.
    /// </returns>
    public int EnqueueBatch(ReadOnlySpan<T> items) => EnqueueBatch(items, out _);

    /// <summary>
    /// Adds the first items of a batch to the buffer of the current core, as many as there is room for.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="status">Accepted when all items were accepted, otherwise the reason why the rest was not.</param>
    /// <returns>
    /// The number of items accepted. The sink receives them in order, with no other items in between.
    /// </returns>
    public int EnqueueBatch(ReadOnlySpan<T> items, out EnqueueStatus status)
    {
        if (GetRing((uint)Thread.GetCurrentProcessorId()) is { } ring)
            return ring.EnqueueBatch(items, out status);
        status = EnqueueStatus.NotStarted;
        return 0;
    }

    /// <summary>
    /// Creates a writer that is bound to one buffer, so that its items keep their order. Writers are distributed over
    /// the buffers in turn.
    /// </summary>
    public CoreWriter<T> CreateWriter() => new(this, Interlocked.Increment(ref writers) - 1);

    /// <summary>Returns the numbers of each buffer that was ever started, by its number.</summary>
    public IReadOnlyList<CoreBufferStats> GetStats()
    {
        lock (lifecycle)
            return GetStats_NeedsLock();
    }

    /// <summary>Returns the sums over all buffers.</summary>
    public CoreBufferStats GetTotal() => CoreBufferStats.Sum(GetStats());

    /// <summary>
    /// Refuses new items, drains accepted items until the deadline, and reports. Calls during the stop return the same
    /// report; a call when not started reports the items that an earlier stop left behind.
    /// </summary>
    /// <param name="deadline">
    /// The time for the drainers to work, from 0; infinite: until all items are drained. Default
    /// <see cref="CoreBuffersSettings.StopDeadline"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the drainers' work before the deadline.</param>
    public Task<CoreStopReport> StopAsync(TimeSpan? deadline = null, CancellationToken cancellationToken = default)
    {
        var time = deadline ?? settings.StopDeadline;
        LongWait.Validate(time, nameof(deadline));
        lock (lifecycle)
        {
            if (run is null)
                return Task.FromResult(Report_NeedsLock(CoreBufferStats.Sum(GetStats_NeedsLock())));
            if (run.Stopping is { } stopping)
                return stopping;
            var before = CoreBufferStats.Sum(GetStats_NeedsLock());
            open = [];
            run.Close();
            return run.Stopping = FinishAsync(run, before, time, cancellationToken);
        }
    }

    /// <summary>
    /// Stops the buffers as <see cref="StopAsync"/> does, and blocks until they have stopped. Must not be called by the
    /// sink, because the stop waits for the sink.
    /// </summary>
    public CoreStopReport Stop(TimeSpan? deadline = null) => StopAsync(deadline).GetAwaiter().GetResult();

    /// <summary>Stops the buffers, with the deadline of the settings. They can be started again.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>
    /// Stops the buffers as <see cref="DisposeAsync"/> does, and blocks until they have stopped. Must not be called by
    /// the sink.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Returns the ring at a place, modulo the number of started rings; null when not started.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal CoreRing<T>? GetRing(uint place)
    {
        var open = this.open;
        if (place < (uint)open.Length)
            return open[place]; // Avoids the division in the common case.
        return open.Length == 0 ? null : open[place % (uint)open.Length];
    }

    async Task<CoreStopReport> FinishAsync(
        CoreRun<T> run,
        CoreBufferStats before,
        TimeSpan deadline,
        CancellationToken cancellationToken
    )
    {
        await LongWait
            .WaitAsync(run.Ended, deadline, clock, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        run.Cancel();
        lock (lifecycle)
        {
            this.run = null;
            return Report_NeedsLock(before);
        }
    }

    CoreBufferStats[] GetStats_NeedsLock() => [.. buffers.Select(b => b.GetStats())];

    CoreStopReport Report_NeedsLock(CoreBufferStats before)
    {
        var buffers = GetStats_NeedsLock();
        var now = CoreBufferStats.Sum(buffers);
        return new(now.Drained - before.Drained, now.DeadLettered - before.DeadLettered, now.Remaining, buffers);
    }
}
