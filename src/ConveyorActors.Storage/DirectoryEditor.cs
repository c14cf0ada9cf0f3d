using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage;

/// <summary>Changes the contents of a data directory that no service uses.</summary>
sealed class DirectoryEditor(DataDirectory directory, DirectoryReader reader)
{
    const int MaxRecords = 1_000,
        MaxBytes = 4 << 20;

    /// <summary>Removes all records of a stage; see <see cref="DataDirectory.DrainAsync"/>.</summary>
    public async Task<long> DrainAsync(
        string pipeline,
        string stage,
        Func<IReadOnlyList<ConveyorRecord>, bool, Checkpoint?> take
    )
    {
        long drained = 0;
        foreach (var (chunk, isLast) in SplitIntoChunks(reader.Walk(pipeline, stage)))
        {
            var checkpoint = take([.. chunk.Select(c => c.Stored.Record)], isLast);
            List<StoreEntry<ConveyorRecord>> unit =
            [
                .. chunk
                    .GroupBy(c => (c.Kind, c.Stored.Source), c => c.Stored)
                    .SelectMany(g => CreateRemovalEvents(stage, g.Key.Kind, g.Key.Source, [.. g])),
            ];
            if (checkpoint is not null)
                unit.Add(new("", new StageEvent<ConveyorRecord>.CheckpointSet(checkpoint)));
            await WriteAsync(pipeline, unit).ConfigureAwait(false);
            drained += chunk.Count;
        }
        return drained;
    }

    /// <summary>Returns all dead letters of a stage to the ends of their queues, and returns their number.</summary>
    public async Task<int> ReplayDeadLettersAsync(string pipeline, string stage, DateTimeOffset now)
    {
        var letters = reader.GetDeadLetters(pipeline, stage);
        var model = directory.Model;
        long next;
        lock (model.Gate)
            next = (model.FindQueue(pipeline, stage, QueueKind.Stage)?.Own.Last ?? 0) + 1;
        foreach (var chunk in letters.Chunk(MaxRecords))
        {
            List<StoreEntry<ConveyorRecord>> unit =
            [
                new(stage, new StageEvent<ConveyorRecord>.DeadLettersRemoved(chunk.Length) { AreDiscarded = false }),
            ];
            foreach (var letter in chunk)
                unit.Add(new(stage, CreateBufferedEvent(letter.Record, next++, now)));
            await WriteAsync(pipeline, unit).ConfigureAwait(false);
        }
        return letters.Count;
    }

    /// <summary>Discards all dead letters of a stage, and returns their number.</summary>
    public async Task<int> PurgeDeadLettersAsync(string pipeline, string stage)
    {
        var count = reader.GetDeadLetters(pipeline, stage).Count;
        if (count > 0)
            await WriteAsync(pipeline, [new(stage, new StageEvent<ConveyorRecord>.DeadLettersRemoved(count))])
                .ConfigureAwait(false);
        return count;
    }

    /// <summary>Sets a checkpoint. The returned task completes when it is on disk.</summary>
    public Task SetCheckpointAsync(string pipeline, Checkpoint checkpoint) =>
        WriteAsync(pipeline, [new("", new StageEvent<ConveyorRecord>.CheckpointSet(checkpoint))]);

    static StageEvent<ConveyorRecord> CreateBufferedEvent(
        BufferedRecord<ConveyorRecord> letter,
        long sequence,
        DateTimeOffset now
    ) =>
        new StageEvent<ConveyorRecord>.Buffered(
            letter.SourceId,
            sequence,
            [letter.Record],
            [letter.Record.GetSize()],
            now.ToUnixTimeMilliseconds()
        );

    /// <summary>
    /// Returns the events that remove records of one source from a stage, or results that wait for it.
    /// </summary>
    static IEnumerable<StoreEntry<ConveyorRecord>> CreateRemovalEvents(
        string stage,
        QueueKind kind,
        string source,
        IReadOnlyList<StoredRecord<ConveyorRecord>> records
    ) =>
        kind == QueueKind.Stage
            ?
            [
                new(
                    stage,
                    new StageEvent<ConveyorRecord>.Settled(source, [.. records.Select(r => r.Sequence)], Dropped: false)
                ),
            ]
            : records.Select(r => new StoreEntry<ConveyorRecord>(
                stage,
                new StageEvent<ConveyorRecord>.Unparked(source, r.Sequence, 1)
            ));

    /// <summary>Splits the waiting records into chunks that fit into memory, and marks the last chunk.</summary>
    static IEnumerable<(
        List<(QueueKind Kind, StoredRecord<ConveyorRecord> Stored)> Chunk,
        bool IsLast
    )> SplitIntoChunks(IEnumerable<(QueueKind Kind, StoredRecord<ConveyorRecord> Stored)> all)
    {
        List<(QueueKind, StoredRecord<ConveyorRecord>)> chunk = [];
        var bytes = 0L;
        foreach (var one in all)
        {
            if (chunk.Count == MaxRecords || (chunk.Count > 0 && bytes + one.Stored.Bytes > MaxBytes))
            {
                yield return (chunk, false);
                (chunk, bytes) = ([], 0);
            }
            chunk.Add(one);
            bytes += one.Stored.Bytes;
        }
        if (chunk.Count > 0)
            yield return (chunk, true);
    }

    async Task WriteAsync(string pipeline, List<StoreEntry<ConveyorRecord>> unit)
    {
        var writer = directory.Writer;
        writer.Append(pipeline, 0, CollectionsMarshal.AsSpan(unit));
        if (!await writer.FlushAsync().ConfigureAwait(false))
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{directory.Path}' cannot be written: {writer.Failure}"
            );
    }
}
