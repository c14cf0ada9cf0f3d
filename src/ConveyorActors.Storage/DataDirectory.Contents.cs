using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage;

public sealed partial class DataDirectory
{
    const string SinkPrefix = "sink-";

    const int Chunk = 1_000,
        ChunkBytes = 4 << 20;

    static readonly string[] OwnFiles =
    [
        DataFile.Name,
        DataFile.Name + "-wal",
        DataFile.Name + "-shm",
        Replacement.Unfinished,
        Replacement.Ready,
        LastWritten.Name,
        DirectoryLock.Name,
        DirectoryLock.HolderName,
    ];

    /// <summary>
    /// True when a file is, or would be, one that a data directory is made of: nobody else may write to it.
    /// </summary>
    /// <param name="path">The data directory.</param>
    /// <param name="file">The file.</param>
    public static bool IsOwnFile(string path, string file)
    {
        file = System.IO.Path.GetFullPath(file);
        return (
                OwnFiles.Contains(System.IO.Path.GetFileName(file))
                || System.IO.Path.GetFileName(file).StartsWith(SinkPrefix, StringComparison.Ordinal)
            )
            && System.IO.Path.GetDirectoryName(file)
                == System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
    }

    /// <summary>The files that are there of those a data directory is made of.</summary>
    internal static IEnumerable<string> OwnFilesIn(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path).Where(f => IsOwnFile(path, f)) : [];

    /// <summary>
    /// Has the directory taken away when it is disposed, if opening it has made it. One that was there before stays as
    /// it is.
    /// </summary>
    internal void RemoveIfMade() => isToRemove = made.Count > 0;

    /// <summary>A directory and those above it that are not there, the innermost first.</summary>
    static List<string> Missing(string path)
    {
        List<string> missing = [];
        for (var at = path; at is not null && !Directory.Exists(at); at = System.IO.Path.GetDirectoryName(at))
            missing.Add(at);
        return missing;
    }

    /// <summary>
    /// While the lock is held; it goes last, so that no other process has begun to use what is deleted.
    /// </summary>
    void Remove()
    {
        try
        {
            foreach (
                var own in OwnFilesIn(Path)
                    .OrderBy(f => System.IO.Path.GetFileName(f) == Files.DirectoryLock.Name)
                    .ToList()
            )
                File.Delete(own);
            foreach (var directory in made)
                Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has put something there since: it stays.
        }
    }

    /// <summary>A file for what a pipeline is about to write to its sink.</summary>
    internal static string SinkFile(string path, string pipeline) =>
        System.IO.Path.Combine(
            path,
            SinkPrefix
                + Convert.ToHexString(
                    System
                        .Security.Cryptography.SHA256.HashData(
                            System.Text.Encoding.UTF8.GetBytes(LosslessText.Escape(pipeline))
                        )
                        .AsSpan(0, 4)
                )
        );

    /// <summary>
    /// A file that was made just now is lost with a power cut as long as its directory does not know of it.
    /// </summary>
    internal static void SyncDirectoryOf(string file) => DirectorySync.Of(System.IO.Path.GetDirectoryName(file)!);

    /// <summary>What is in it. For a directory that no service uses.</summary>
    public DirectoryContents Contents()
    {
        lock (Model.Gate)
        {
            var names = Model
                .Queues.Values.Select(q => q.Pipeline)
                .Concat(Model.Notes.Select(n => n.Pipeline))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal);
            return new(
                [.. names.Select(Of)],
                Model.Transaction,
                new DirectoryInfo(Path).EnumerateFiles().Sum(f => f.Length),
                Findings
            );
        }
    }

    /// <summary>
    /// Records of a stage in order of sequence, and after them the results that wait for room in it. For a directory
    /// that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Peek(string pipeline, string stage, int max)
    {
        var peeked = new List<BufferedRecord<ConveyorRecord>>();
        foreach (var (kind, stored) in Walk(pipeline, stage))
        {
            if (peeked.Count == max)
                break;
            peeked.Add(
                new(
                    stored.Record,
                    stored.Source,
                    pipeline,
                    stage,
                    DateTimeOffset.FromUnixTimeMilliseconds(stored.BufferedAt),
                    stored.Retries,
                    kind == QueueKind.Stage ? stored.Sequence : 0
                )
            );
        }
        return peeked;
    }

    /// <summary>A stage's dead letters, oldest first. For a directory that no service uses.</summary>
    public IReadOnlyList<DeadLetter<ConveyorRecord>> GetDeadLetters(string pipeline, string stage)
    {
        lock (Model.Gate)
            return Model.FindQueue(pipeline, stage, QueueKind.Stage) is { } queue
                ? [.. queue.Dead.Select(d => d.Letter)]
                : [];
    }

    /// <summary>What was noted last under a key; null: nothing. For a directory that no service uses.</summary>
    public string? GetCheckpoint(string pipeline, string key)
    {
        lock (Model.Gate)
            return Model.FindNote(pipeline, key)?.Value;
    }

    /// <summary>
    /// Takes note of something; it is on disk when this completes. For a directory that no service uses.
    /// </summary>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public Task SetCheckpointAsync(string pipeline, Checkpoint note) =>
        ToldAsync(pipeline, [new("", new StageEvent<ConveyorRecord>.CheckpointSet(note))]);

    /// <summary>
    /// The payloads of what <see cref="DrainAsync"/> would take out, in that order, read as they are asked for. For a
    /// directory that no service uses.
    /// </summary>
    public IEnumerable<ReadOnlyMemory<byte>> Payloads(string pipeline, string stage) =>
        Walk(pipeline, stage).Select(w => w.Stored.Record.Payload);

    /// <summary>
    /// Takes all records out of a stage, in order, and the results that wait for room in it after them. Records are
    /// settled once the consumer has taken them for good. For a directory that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="take">
    /// Gets some records at a time, and whether they are the last; when it returns they must be where they are going,
    /// for good. What it answers is noted with their settling: after a crash both are there or neither.
    /// </param>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public async Task<long> DrainAsync(
        string pipeline,
        string stage,
        Func<IReadOnlyList<ConveyorRecord>, bool, Checkpoint?> take
    )
    {
        long drained = 0;
        foreach (var (chunk, isLast) in Chunks(Walk(pipeline, stage)))
        {
            var note = take([.. chunk.Select(c => c.Stored.Record)], isLast);
            var unit = new List<StoreEntry<ConveyorRecord>>();
            foreach (var bySource in chunk.GroupBy(c => (c.Kind, c.Stored.Source)))
            {
                if (bySource.Key.Kind == QueueKind.Stage)
                    unit.Add(
                        new(
                            stage,
                            new StageEvent<ConveyorRecord>.Settled(
                                bySource.Key.Source,
                                [.. bySource.Select(c => c.Stored.Sequence)],
                                Dropped: false
                            )
                        )
                    );
                else
                    foreach (var one in bySource)
                        unit.Add(
                            new(
                                stage,
                                new StageEvent<ConveyorRecord>.Unparked(bySource.Key.Source, one.Stored.Sequence, 1)
                            )
                        );
            }
            if (note is not null)
                unit.Add(new("", new StageEvent<ConveyorRecord>.CheckpointSet(note)));
            await ToldAsync(pipeline, unit).ConfigureAwait(false);
            drained += chunk.Count;
        }
        return drained;
    }

    /// <summary>Cuts what waits into pieces that fit into memory, and says which is the last.</summary>
    static IEnumerable<(List<(QueueKind Kind, StoredRecord<ConveyorRecord> Stored)> Chunk, bool IsLast)> Chunks(
        IEnumerable<(QueueKind Kind, StoredRecord<ConveyorRecord> Stored)> all
    )
    {
        List<(QueueKind, StoredRecord<ConveyorRecord>)> chunk = [];
        var bytes = 0L;
        foreach (var one in all)
        {
            if (chunk.Count == Chunk || (chunk.Count > 0 && bytes + one.Stored.Bytes > ChunkBytes))
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

    /// <summary>
    /// Puts all dead letters of a stage back at the end of its line, with no retries counted. For a directory that no
    /// service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="now">The time.</param>
    /// <returns>How many.</returns>
    public async Task<int> ReplayDeadLettersAsync(string pipeline, string stage, DateTimeOffset now)
    {
        var letters = GetDeadLetters(pipeline, stage);
        long next;
        lock (Model.Gate)
            next = (Model.FindQueue(pipeline, stage, QueueKind.Stage)?.Own.Last ?? 0) + 1;
        foreach (var chunk in letters.Chunk(Chunk))
        {
            var unit = new List<StoreEntry<ConveyorRecord>>
            {
                new(stage, new StageEvent<ConveyorRecord>.DeadLettersRemoved(chunk.Length) { AreDiscarded = false }),
            };
            foreach (var letter in chunk)
            {
                var record = letter.Record.Record;
                unit.Add(
                    new(
                        stage,
                        new StageEvent<ConveyorRecord>.Buffered(
                            letter.Record.SourceId,
                            next++,
                            [record],
                            [record.Payload.Length],
                            now.ToUnixTimeMilliseconds()
                        )
                    )
                );
            }
            await ToldAsync(pipeline, unit).ConfigureAwait(false);
        }
        return letters.Count;
    }

    /// <summary>Throws all dead letters of a stage away. For a directory that no service uses.</summary>
    /// <returns>How many.</returns>
    public async Task<int> PurgeDeadLettersAsync(string pipeline, string stage)
    {
        var count = GetDeadLetters(pipeline, stage).Count;
        if (count > 0)
            await ToldAsync(pipeline, [new(stage, new StageEvent<ConveyorRecord>.DeadLettersRemoved(count))])
                .ConfigureAwait(false);
        return count;
    }

    async Task ToldAsync(string pipeline, List<StoreEntry<ConveyorRecord>> unit)
    {
        Writer.Append(pipeline, 0, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(unit));
        if (!await Writer.FlushAsync().ConfigureAwait(false))
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{Path}' cannot be written: {Writer.Failure}"
            );
    }

    IEnumerable<(QueueKind Kind, StoredRecord<ConveyorRecord> Stored)> Walk(string pipeline, string stage)
    {
        var reader = new PipelineStore(this, pipeline);
        foreach (var kind in new[] { QueueKind.Stage, QueueKind.Parked })
        {
            Group[] groups;
            lock (Model.Gate)
                groups = [.. Model.FindQueue(pipeline, stage, kind)?.Groups ?? new()];
            foreach (var group in groups)
            foreach (var stored in reader.ReadAll(group))
                yield return (kind, stored);
        }
    }

    PipelineContents Of(string pipeline)
    {
        var notes = Model.Notes.Where(n => n.Pipeline == pipeline).ToArray();
        return new(
            pipeline,
            [
                .. Model
                    .Queues.Values.Where(q => q.Pipeline == pipeline && q.Kind == QueueKind.Stage)
                    .OrderBy(q => q.Stage, StringComparer.Ordinal)
                    .Select(Of),
            ],
            notes
                .Select(Positions.Of)
                .OfType<(string Source, SourcePosition Position)>()
                .ToDictionary(p => p.Source, p => p.Position, StringComparer.Ordinal),
            notes
                .Where(n => !n.Key.StartsWith(Positions.KeyPrefix, StringComparison.Ordinal))
                .ToDictionary(n => n.Key, n => n.Value, StringComparer.Ordinal)
        );
    }

    StageContents Of(Queue queue)
    {
        var parked = Model.FindQueue(queue.Pipeline, queue.Stage, QueueKind.Parked)?.Groups ?? new();
        var total = new Line(0, queue, null);
        total.Add(queue.Own);
        foreach (var line in queue.Lines.Values)
            total.Add(line);
        return new(
            queue.Stage,
            queue.Groups.Sum(g => (long)g.Live),
            parked.Sum(g => (long)g.Live),
            queue.Groups.Concat(parked).Sum(g => (long)g.Size * g.Live / Math.Max(1, g.Kept)),
            queue.Dead.Count,
            total.Completed,
            total.Retries,
            [.. total.Losses.Select((count, code) => (LossCodes.Reason(code), count)).Where(l => l.count != 0)],
            [
                .. queue
                    .Lines.Values.Where(l => l.Pending > 0)
                    .OrderBy(l => l.Source, StringComparer.Ordinal)
                    .Select(l => (l.Source!, l.Pending)),
            ]
        );
    }
}
