using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage;

/// <summary>One pipeline's part of a data directory.</summary>
sealed class PipelineStore(DataDirectory directory, string pipeline) : IBufferStore<ConveyorRecord>
{
    /// <summary>
    /// The most rows that are read for one result. Together with the most bytes, it bounds the memory.
    /// </summary>
    const int MaxGroups = 1_024;

    const long MaxBytes = 4 << 20;

    long zero;

    StoreModel Model => directory.Model;

    StoreWriter Writer => directory.Writer;

    public long? MaxInMemoryBytes => directory.Options.MaxInMemoryBytes;

    public bool IsFailing => Writer.Failure is not null;

    public bool IsBehind => Writer.IsBehind;

    public void Append(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit) => Writer.Append(pipeline, zero, unit);

    public Task<bool> FlushAsync() => Writer.FlushAsync();

    public Task CatchUpAsync() => Writer.CatchUpAsync();

    public PipelineImage<ConveyorRecord> Open(DateTimeOffset zeroDate)
    {
        zero = zeroDate.ToUnixTimeMilliseconds();
        lock (Model.Gate)
        {
            var checkpoints = Model.Checkpoints.Where(n => n.Pipeline == pipeline).ToArray();
            return new(
                [
                    .. Model
                        .Queues.Values.Where(q => q.Pipeline == pipeline && q.Kind == QueueKind.Stage)
                        .OrderBy(q => q.Id)
                        .Select(CreateImage),
                ],
                checkpoints
                    .Where(n => !n.Key.StartsWith(Positions.KeyPrefix, StringComparison.Ordinal))
                    .ToDictionary(n => n.Key, n => n.Value, StringComparer.Ordinal),
                checkpoints
                    .Select(Positions.Parse)
                    .OfType<(string Source, SourcePosition Position)>()
                    .ToDictionary(p => p.Source, p => p.Position, StringComparer.Ordinal)
            );
        }
    }

    public IReadOnlyList<StoredRecord<ConveyorRecord>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after,
        out long reached
    )
    {
        Group[] groups;
        long to;
        lock (Model.Gate)
        {
            reached = long.MaxValue;
            if (Model.FindQueue(pipeline, stage, QueueKind.Stage) is not { } queue)
                return [];
            var first = queue.FindPlace(after + 1);
            var (count, bytes) = (0, 0L);
            while (count < MaxGroups && first + count < queue.Groups.Count && (count == 0 || bytes < MaxBytes))
                bytes += queue.Groups[first + count++].Size;
            groups = queue.Groups.GetRange(first, count);
            to = first + count < queue.Groups.Count ? groups[^1].Last : long.MaxValue;
        }
        var records = new List<StoredRecord<ConveyorRecord>>();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            Read(group, records, wanted, counts);
            if (
                wanted is not null
                && wanted.All(w => counts.GetValueOrDefault(w.Key) >= w.Value.Max)
                && !ReferenceEquals(group, groups[^1])
            )
            {
                to = group.Last;
                break;
            }
        }
        reached = to;
        return records;
    }

    void Read(
        Group group,
        List<StoredRecord<ConveyorRecord>> records,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        Dictionary<string, int> counts
    )
    {
        if (directory.Groups.Read(group) is not { } blob)
            return;
        lock (Model.Gate)
        {
            var walker = new GroupBlob.Walker(blob);
            while (walker.TryReadNext(out var entry))
            {
                if (
                    group.IsRemoved(entry.Index)
                    || !Model.SourceQueues.TryGetValue(entry.SourceQueue, out var sourceQueue)
                )
                    continue;
                var (source, sequence) = (sourceQueue.Source!, group.First + entry.Index);
                if (wanted is not null)
                {
                    if (!wanted.TryGetValue(source, out var want) || sequence <= want.After)
                        continue;
                    if (counts.GetValueOrDefault(source) == want.Max)
                        continue;
                }
                if (GroupBlob.TryRead(blob, entry, out var why) is not { } record)
                {
                    directory.Groups.AddFinding(group, group.DescribeUndecodable(entry.Index, source, why));
                    continue;
                }
                counts[source] = counts.GetValueOrDefault(source) + 1;
                records.Add(
                    new(source, record, sequence, entry.At - zero, group.GetRetries(entry.Index), record.GetSize())
                );
            }
        }
    }

    /// <summary>Returns all waiting records of a group. Times are in milliseconds since 1970.</summary>
    internal IReadOnlyList<StoredRecord<ConveyorRecord>> ReadAll(Group group)
    {
        var records = new List<StoredRecord<ConveyorRecord>>();
        Read(group, records, null, []);
        return records;
    }

    StageImage<ConveyorRecord> CreateImage(Queue queue)
    {
        var parked = new List<StoredRecord<ConveyorRecord>>();
        var parking = Model.FindQueue(pipeline, queue.Stage, QueueKind.Parked);
        foreach (var group in parking?.Groups ?? new())
            Read(group, parked, null, []);
        return new(
            queue.Stage,
            queue.Own.Last,
            parking?.Own.Last ?? 0,
            (int)(parking?.Own.Depth ?? 0),
            [
                .. queue
                    .SourceQueues.Values.OrderBy(l => l.Id)
                    .Select(l => new SourceImage(
                        l.Source!,
                        CreateTotals(l),
                        l.Pending,
                        l.SleepsUntil == 0 ? 0 : l.SleepsUntil - zero
                    )),
            ],
            CreateTotals(queue.Own),
            [.. queue.Dead.Select(d => d.Letter)],
            queue.Own.Discarded,
            parked,
            [.. queue.Seen.SelectMany(s => s.Ids).Select(i => (i.Id, i.At - zero))]
        );
    }

    static SourceTotals CreateTotals(SourceQueueRow sourceQueue) =>
        new(
            sourceQueue.Completed,
            sourceQueue.Retries,
            [.. sourceQueue.Losses.Select((count, code) => (LossCodes.GetReason(code), count)).Where(l => l.count != 0)]
        );
}
