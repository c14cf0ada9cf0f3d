using System.Diagnostics;
using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Writing;

/// <summary>
/// The one thread that writes. While it writes, what all others tell gathers, and becomes the next transaction: the
/// busier they are, the more shares one fsync.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class StoreWriter : IDisposable
{
    /// <summary>Past this much that is told and not written, whoever offers waits.</summary>
    const int MostEntries = 65_536;

    const long MostBytes = 8 << 20;
    const int RetryEveryMs = 100;

    /// <summary>Less than an fsync takes.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMicroseconds(150);

    readonly record struct Told(string Pipeline, long Zero, StoreEntry<ConveyorRecord> Entry);

    /// <summary>What gathers for one transaction.</summary>
    sealed class Inbox
    {
        public readonly List<Told> Entries = [];
        public TaskCompletionSource<bool>? OnDisk;
        public TaskCompletionSource? Written;
        public long Bytes;

        /// <summary>How many wait for it to be on disk.</summary>
        public int Waiters;

        public bool IsFull => Entries.Count > MostEntries || Bytes > MostBytes;
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
    int expected; // who may come back with more, or has already
    bool isStopping,
        hasUnsynced;
    long synced;

    /// <param name="file">What it writes to.</param>
    /// <param name="model">What is in it.</param>
    /// <param name="last">Told of each transaction.</param>
    /// <param name="space">Told of each transaction that was synced.</param>
    /// <param name="synced">The last transaction that is known to be on the disk.</param>
    /// <param name="fileGate">Held while the file is in use.</param>
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
        changes.NewLines.AddRange(model.Unwritten);
        transactions = new(file, model);
        hasUnsynced = synced < model.Transaction;
        thread = new(Run) { IsBackground = true, Name = "conveyor store" };
        thread.Start();
    }

    /// <summary>Gets why nothing can be written now; null: it can.</summary>
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
                now.Bytes += SizeOf(entry);
            }
            if (now.IsFull)
                isBehind = true;
        }
    }

    /// <summary>
    /// Completes with true when all that was appended before is on disk, with false when it could not be written now.
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
    /// Completes when all that was appended before is written, though it may not be synced yet; or cannot be written
    /// now.
    /// </summary>
    public Task WrittenAsync()
    {
        lock (gate)
        {
            if (failure is not null || isStopping || inbox.Entries.Count == 0 && writing is null)
                return Task.CompletedTask;
            // What is being written now is written before this.
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

    /// <summary>Writes what is left, and ends.</summary>
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
        while (Next() is { } batch)
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
            // While those who were told come back with more.
            if (batch.OnDisk is not null)
                lock (fileGate)
                    space.Keep();
            batch.Entries.Clear();
            (batch.OnDisk, batch.Written, batch.Bytes, batch.Waiters) = (null, null, 0, 0);
            spare ??= batch;
        }
    }

    /// <summary>
    /// Waits until there is something to write; null at the end. What failed is tried again every so often, and once
    /// more at the end.
    /// </summary>
    Inbox? Next()
    {
        LetGather();
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
    /// Those who have just been told that theirs is on disk come back at once with more. A moment's patience lets all
    /// of them into one transaction, where the first of them would otherwise have one to itself.
    /// </summary>
    void LetGather()
    {
        if (expected < 2 || Environment.ProcessorCount == 1)
            return;
        var start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref inbox).Waiters < expected && Stopwatch.GetElapsedTime(start) < Patience && !isStopping)
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
            return Reasons.Of(e);
        }
    }

    void Commit(bool sync)
    {
        file.Sync(sync);
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

    static long SizeOf(in StoreEntry<ConveyorRecord> entry)
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
