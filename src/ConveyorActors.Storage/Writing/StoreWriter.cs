using System.Diagnostics;
using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Writing;

/// <summary>
/// The thread that writes. While it writes, the changes of all others are collected for the next transaction: the more
/// changes there are, the more of them share one fsync.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class StoreWriter : IDisposable
{
    /// <summary>The most changes that are accepted and not written; beyond it, offers wait.</summary>
    const int MaxEntries = 65_536;

    const long MaxBytes = 8 << 20;
    const int RetryEveryMs = 100;

    /// <summary>How long the writer waits for further changes: less than an fsync takes.</summary>
    static readonly TimeSpan GatherTime = TimeSpan.FromMicroseconds(150);

    readonly record struct QueuedEntry(string Pipeline, long Zero, StoreEntry<ConveyorRecord> Entry);

    /// <summary>The changes collected for one transaction.</summary>
    sealed class Inbox
    {
        public readonly List<QueuedEntry> Entries = [];
        public TaskCompletionSource<bool>? OnDisk;
        public TaskCompletionSource? Written;
        public long Bytes;

        /// <summary>The number of callers that wait until the changes are on disk.</summary>
        public int Waiters;

        public bool IsFull => Entries.Count > MaxEntries || Bytes > MaxBytes;
    }

    readonly object gate = new();
    readonly Lock fileGate;
    readonly DataFile file;
    readonly StoreModel model;
    readonly LastWritten last;
    readonly WalPreallocation space;
    readonly Changes changes;
    readonly TransactionWriter transactions;
    readonly Thread thread;
    Inbox inbox = new();
    Inbox? spare = new();
    Inbox? writing;
    TaskCompletionSource? caughtUp;
    volatile bool isBehind;
    volatile string? failure;
    int expected; // callers that may return with more changes, or have done so
    bool isStopping,
        hasUnsynced;
    long synced;

    /// <param name="file">The file to write to.</param>
    /// <param name="model">The model of the file's content.</param>
    /// <param name="last">Receives the number of each transaction.</param>
    /// <param name="space">Is called after each transaction that was synced.</param>
    /// <param name="synced">The last transaction that is known to be on disk.</param>
    /// <param name="fileGate">The lock that is held while the file is in use.</param>
    public StoreWriter(
        DataFile file,
        StoreModel model,
        LastWritten last,
        WalPreallocation space,
        long synced,
        Lock fileGate
    )
    {
        (this.file, this.model, this.last, this.space, this.synced, this.fileGate) = (
            file,
            model,
            last,
            space,
            synced,
            fileGate
        );
        changes = new(model);
        changes.NewSourceQueues.AddRange(model.Unwritten);
        transactions = new(file, model);
        hasUnsynced = synced < model.Transaction;
        thread = new(Run) { IsBackground = true, Name = "conveyor store" };
        thread.Start();
    }

    /// <summary>Gets why nothing can be written now; null: writing is possible.</summary>
    public string? Failure => failure;

    public bool IsBehind => isBehind;

    public void Append(string pipeline, long zero, ReadOnlySpan<StoreEntry<ConveyorRecord>> unit)
    {
        lock (gate)
        {
            var now = inbox;
            if (now.Entries.Count == 0 && writing is null)
                Monitor.Pulse(gate);
            foreach (var entry in unit)
            {
                now.Entries.Add(new(pipeline, zero, entry));
                now.Bytes += GetSize(entry);
            }
            if (now.IsFull)
                isBehind = true;
        }
    }

    /// <summary>
    /// Returns a task that completes when all changes that were appended before are on disk. Its result is false if
    /// they could not be written now.
    /// </summary>
    public Task<bool> FlushAsync()
    {
        lock (gate)
        {
            if (inbox.Entries.Count == 0)
            {
                if (writing is { OnDisk: { } under })
                    return under.Task;
                if (writing is null && !hasUnsynced && failure is null)
                    return Task.FromResult(true);
            }
            if (failure is not null || isStopping)
                return Task.FromResult(false);
            inbox.OnDisk ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            inbox.Waiters++;
            if (writing is null)
                Monitor.Pulse(gate);
            return inbox.OnDisk.Task;
        }
    }

    /// <summary>
    /// Returns a task that completes when all changes that were appended before are written, though perhaps not synced
    /// yet, or cannot be written now.
    /// </summary>
    public Task WaitForWritesAsync()
    {
        lock (gate)
        {
            if (failure is not null || isStopping || inbox.Entries.Count == 0 && writing is null)
                return Task.CompletedTask;
            // The transaction that is being written now is completed before this one.
            if (writing is null)
                Monitor.Pulse(gate);
            return (inbox.Written ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public Task CatchUpAsync()
    {
        lock (gate)
        {
            if (!isBehind || failure is not null)
                return Task.CompletedTask;
            caughtUp ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return caughtUp.Task;
        }
    }

    /// <summary>Writes all outstanding changes, and ends the thread.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isStopping)
                return;
            isStopping = true;
            Monitor.Pulse(gate);
        }
        thread.Join();
    }

    void Run()
    {
        while (WaitForNext() is { } batch)
        {
            var error = WriteAll(batch);
            TaskCompletionSource? behind;
            lock (gate)
            {
                writing = null;
                failure = error;
                hasUnsynced = error is not null || batch.OnDisk is null;
                expected = batch.Waiters + inbox.Waiters;
                behind = caughtUp;
                caughtUp = null;
                if (!inbox.IsFull)
                    isBehind = false;
            }
            behind?.TrySetResult();
            batch.OnDisk?.TrySetResult(error is null);
            batch.Written?.TrySetResult();
            // Done while the callers that were notified prepare further changes.
            if (batch.OnDisk is not null)
                lock (fileGate)
                    space.Keep();
            batch.Entries.Clear();
            (batch.OnDisk, batch.Written, batch.Bytes, batch.Waiters) = (null, null, 0, 0);
            spare ??= batch;
        }
    }

    /// <summary>
    /// Waits until there are changes to write; null: the writer ends. A failed transaction is tried again periodically,
    /// and again at the end.
    /// </summary>
    Inbox? WaitForNext()
    {
        WaitForMore();
        lock (gate)
        {
            var isRetry = false;
            while (inbox.Entries.Count == 0 && inbox.OnDisk is null && inbox.Written is null && !isRetry)
            {
                if (isStopping)
                    return null;
                if (failure is null)
                    Monitor.Wait(gate);
                else
                    isRetry = !Monitor.Wait(gate, RetryEveryMs);
            }
            if (isStopping)
                inbox.OnDisk ??= new();
            writing = inbox;
            inbox = spare ?? new();
            spare = null;
            return writing;
        }
    }

    /// <summary>
    /// Waits a moment for callers whose changes have just been stored, because they return at once with more. So all of
    /// them share one transaction, where otherwise the first of them would have one to itself.
    /// </summary>
    void WaitForMore()
    {
        if (expected < 2 || Environment.ProcessorCount == 1)
            return;
        var start = Stopwatch.GetTimestamp();
        while (
            Volatile.Read(ref inbox).Waiters < expected && Stopwatch.GetElapsedTime(start) < GatherTime && !isStopping
        )
            Thread.Yield();
    }

    string? WriteAll(Inbox batch)
    {
        try
        {
            lock (model.Gate)
            {
                foreach (var (pipeline, zero, entry) in CollectionsMarshal.AsSpan(batch.Entries))
                    changes.Apply(pipeline, zero, entry.Stage, entry.Event);
                changes.Complete();
            }
            lock (fileGate)
                Commit(batch.OnDisk is not null);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Reasons.Describe(e);
        }
    }

    void Commit(bool sync)
    {
        file.SetSync(sync);
        var added = transactions.Write(changes);
        lock (model.Gate)
        {
            foreach (var group in added)
                if (group.Live > 0)
                    group.Queue.Groups.Add(group);
        }
        changes.Clear();
        if (sync)
            synced = model.Transaction;
        last.Write(model.Transaction, synced);
    }

    static long GetSize(in StoreEntry<ConveyorRecord> entry)
    {
        if (
            entry.Event
            is not Buffers.Stores.StageEvent<ConveyorRecord>.Buffered { Bytes: var sizes, Records: var records }
        )
            return 0;
        long sum = 0;
        for (var i = 0; i < sizes.Count; i++)
            sum += sizes[i];
        return sum + records.Count * 64L;
    }
}
