using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    const int MostNumbersKept = 4_096;

    readonly Dictionary<string, (long Sequence, long Parking)> lastNumbers = new(StringComparer.Ordinal); // of stages that are not there now; under structure
    long lastForgotten; // the highest sequence of stages that are in no list any more; under structure
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> notes = new(StringComparer.Ordinal);
    readonly Dictionary<string, SourcePosition> positions = new(StringComparer.Ordinal);

    /// <summary>True when what is accepted outlives the process.</summary>
    public bool IsDurable => store is not null;

    /// <summary>Offers one record and answers as the receipt says. See the overload without one.</summary>
    /// <exception cref="InvalidOperationException">A receipt from disk is asked for, and the manager keeps nothing there.</exception>
    public async ValueTask<OfferResult> BufferForStageAsync(
        string stage, string source, T record, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        CheckReceipt(receipt);
        var answer = await BufferForStageAsync(stage, source, record, credits, cancellation).ConfigureAwait(false);
        return receipt == Receipt.Disk && answer.Consumed > 0 ? await OnDiskAsync(answer).ConfigureAwait(false) : answer;
    }

    /// <summary>Offers records, in order, and answers as the receipt says. See the overload without one.</summary>
    /// <exception cref="InvalidOperationException">A receipt from disk is asked for, and the manager keeps nothing there.</exception>
    public async ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage, string source, ReadOnlyMemory<T> records, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        CheckReceipt(receipt);
        var answer = await BufferBatchForStageAsync(stage, source, records, credits, cancellation).ConfigureAwait(false);
        return receipt == Receipt.Disk && answer.Consumed > 0 ? await OnDiskAsync(answer).ConfigureAwait(false) : answer;
    }

    /// <summary>
    /// Completes when everything that was answered before the call is on disk: true; or false, when it cannot be written now. Then it is kept and tried
    /// again. True at once where nothing is kept on disk.
    /// </summary>
    public Task<bool> FlushAsync() => store?.FlushAsync() ?? Task.FromResult(true);

    /// <summary>Settles records of a lease as done and takes note of something: after a crash both are there or neither.</summary>
    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences, Note note)
    {
        if (!IsEmpty(lease)) return Complete(lease.StageId, lease.Id, sequences, note);
        SetNote(note);
        return NothingToSettle;
    }

    internal SettleResult Complete(string stage, long leaseId, IReadOnlyList<long>? sequences, Note note)
    {
        note.Checked();
        sequences = Copied(sequences);
        if (TryEnter(stage) is not { } from) return UnknownLease;
        try
        {
            var result = from.Buffer.Complete(leaseId, sequences, from.Now);
            if (!result.IsOk) return result;
            notes[note.Key] = note.Value;
            if (store is not null) from.Tell(new StageEvent<T>.Noted(note));
            return result;
        }
        finally { Leave(from); }
    }

    /// <summary>Takes note of something.</summary>
    public void SetNote(Note note)
    {
        note.Checked();
        notes[note.Key] = note.Value;
        store?.Append([new("", new StageEvent<T>.Noted(note))]);
    }

    /// <summary>What was noted last under a key; null: nothing.</summary>
    public string? GetNote(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return notes.GetValueOrDefault(key);
    }

    /// <summary>How far a source had been read when the manager was made; null when nothing is known of it.</summary>
    public SourcePosition? PositionOf(string source)
    {
        Names.Checked(source);
        return positions.TryGetValue(source, out var position) ? position : null;
    }

    /// <summary>
    /// Takes note of how far a source has been read. Records bring their positions along; this is for what was read and never offered. It counts from the
    /// next time that the manager is made.
    /// </summary>
    public void SetPosition(string source, SourcePosition position)
    {
        Names.Checked(source);
        store?.Append([new("", new StageEvent<T>.Positioned(source, position))]);
    }

    void CheckReceipt(Receipt receipt)
    {
        if (receipt is not (Receipt.Memory or Receipt.Disk))
            throw new ArgumentOutOfRangeException(nameof(receipt), receipt, $"receipt is {receipt}; it must be Memory or Disk.");
        if (receipt == Receipt.Disk && store is null)
            throw new InvalidOperationException(NothingOnDisk(PipelineId));
    }

    internal static string NothingOnDisk(string pipeline) => $"Receipt is Disk, but pipeline '{pipeline}' keeps nothing on disk; it must be Memory, or the pipeline must have a store.";

    async ValueTask<OfferResult> OnDiskAsync(OfferResult answer)
    {
        if (await store!.FlushAsync().ConfigureAwait(false)) return answer;
        return store.IsLost ? answer with { Status = OfferStatus.StoreFailing, Accepted = 0, Consumed = 0 } : answer with { Status = OfferStatus.StoreFailing };
    }

    /// <summary>The disk is slower than memory: who offers too fast for it waits for it here.</summary>
    void WaitWhileBehind()
    {
        if (store!.IsBehind) store.CatchUpAsync().GetAwaiter().GetResult();
    }

    void Tell_NeedsLock(StageState<T> stage)
    {
        if (stage.Unit.Count == 0) return;
        for (var i = stage.Unit.Count - 1; i >= 0; i--)
        {
            var source = stage.Unit[i].Event switch
            {
                StageEvent<T>.Buffered buffered => buffered.Source,
                StageEvent<T>.Unparked unparked => unparked.Source,
                _ => null,
            };
            if (source is not null && stage.Buffer.FindLine(source) is { } line) TellRefusals_NeedsLock(stage, line);
        }
        store!.Append(CollectionsMarshal.AsSpan(stage.Unit));
        stage.Unit.Clear();
    }

    /// <summary>Refusals change nothing that must be on disk at once: they are told with what next is, or at the end.</summary>
    static void TellRefusals_NeedsLock(StageState<T> stage, SourceLine<T> line)
    {
        var losses = line.Counts.Losses;
        var count = losses.Refused + losses[LossReason.DroppedNewest];
        if (count == line.RefusalsTold) return;
        line.RefusalsTold = count;
        stage.Tell(new StageEvent<T>.Refused(line.SourceId, [.. losses.Rows().Where(r => r.Reason <= LossReason.Held || r.Reason == LossReason.DroppedNewest)]));
    }

    void TellAllRefusals()
    {
        foreach (var (_, stage) in stages)
        {
            using (stage.Gate.Pass())
            {
                foreach (var line in stage.Buffer.Lines) TellRefusals_NeedsLock(stage, line);
                Tell_NeedsLock(stage);
            }
        }
    }

    void TellRemoval_NeedsLock(StageState<T> stage, SourceLine<T> line)
    {
        TellRefusals_NeedsLock(stage, line);
        stage.Tell(new StageEvent<T>.LineRemoved(line.SourceId));
        Tell_NeedsLock(stage);
    }

    void KeepSequences(string id, StageState<T> stage)
    {
        if (stage.Buffer.LastSequence == 0 && stage.LastParkingNumber == 0) return;
        lastNumbers[id] = (stage.Buffer.LastSequence, stage.LastParkingNumber);
        if (store is not null || lastNumbers.Count <= MostNumbersKept) return;
        // Names that come and go for ever must not fill the memory: one number stands for all of them.
        foreach (var (sequence, _) in lastNumbers.Values) lastForgotten = Math.Max(lastForgotten, sequence);
        lastNumbers.Clear();
    }

    /// <summary>Returns the highest sequence that any stage has assigned, removed stages included.</summary>
    internal long LastSequence()
    {
        lock (structure)
        {
            var last = lastForgotten;
            foreach (var (sequence, _) in lastNumbers.Values) last = Math.Max(last, sequence);
            foreach (var (_, stage) in stages)
                using (stage.Gate.Pass()) last = Math.Max(last, stage.Buffer.LastSequence);
            return last;
        }
    }

    /// <summary>
    /// A stage that comes back goes on counting where the one before it stopped: a store tells records by their sequence, and a consumer may still hold
    /// one from before.
    /// </summary>
    void ContinueSequences(StageState<T> stage)
    {
        if (!lastNumbers.Remove(stage.Id, out var last)) last = (lastForgotten, 0);
        stage.Buffer.Restore(last.Sequence, [], 0, SizeOf);
        stage.LastParkingNumber = last.Parking;
    }
}
