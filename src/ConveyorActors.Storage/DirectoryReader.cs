using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage;

/// <summary>Reads the contents of a data directory that no service uses.</summary>
sealed class DirectoryReader(DataDirectory directory)
{
    readonly StoreModel model = directory.Model;

    public IReadOnlyList<string> Pipelines
    {
        get
        {
            lock (model.Gate)
                return
                [
                    .. model
                        .Queues.Values.Select(q => q.Pipeline)
                        .Concat(model.Checkpoints.Select(n => n.Pipeline))
                        .Distinct(StringComparer.Ordinal)
                        .Order(StringComparer.Ordinal),
                ];
        }
    }

    /// <summary>Returns the contents of the directory, by pipeline and stage.</summary>
    public DirectoryContents ReadContents()
    {
        lock (model.Gate)
            return new(
                [.. Pipelines.Select(CreateContents)],
                model.Transaction,
                new DirectoryInfo(directory.Path).EnumerateFiles().Sum(f => f.Length),
                directory.Findings
            );
    }

    /// <summary>
    /// Enumerates the records of a stage in order of sequence, and after them the results that wait for room in it.
    /// Times are in milliseconds since 1970.
    /// </summary>
    public IEnumerable<(QueueKind Kind, StoredRecord<ConveyorRecord> Stored)> Walk(string pipeline, string stage)
    {
        var reader = new PipelineStore(directory, pipeline);
        foreach (var kind in new[] { QueueKind.Stage, QueueKind.Parked })
        {
            Group[] groups;
            lock (model.Gate)
                groups = [.. model.FindQueue(pipeline, stage, kind)?.Groups ?? new()];
            foreach (var group in groups)
            foreach (var stored in reader.ReadAll(group))
                yield return (kind, stored);
        }
    }

    /// <summary>Returns the first of the records that <see cref="Walk"/> enumerates, in the form for users.</summary>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Peek(string pipeline, string stage, int max) =>
        [
            .. Walk(pipeline, stage)
                .Take(max)
                .Select(w => new BufferedRecord<ConveyorRecord>(
                    w.Stored.Record,
                    w.Stored.Source,
                    pipeline,
                    stage,
                    DateTimeOffset.FromUnixTimeMilliseconds(w.Stored.BufferedAt),
                    w.Stored.Retries,
                    w.Kind == QueueKind.Stage ? w.Stored.Sequence : 0
                )),
        ];

    /// <summary>Returns a stage's dead letters, oldest first.</summary>
    public IReadOnlyList<DeadLetter<ConveyorRecord>> GetDeadLetters(string pipeline, string stage)
    {
        lock (model.Gate)
            return model.FindQueue(pipeline, stage, QueueKind.Stage) is { } queue
                ? [.. queue.Dead.Select(d => d.Letter)]
                : [];
    }

    /// <summary>Returns the value of a checkpoint; null: there is none.</summary>
    public string? GetCheckpoint(string pipeline, string key)
    {
        lock (model.Gate)
            return model.FindCheckpoint(pipeline, key)?.Value;
    }

    PipelineContents CreateContents(string pipeline)
    {
        var checkpoints = model.Checkpoints.Where(n => n.Pipeline == pipeline).ToArray();
        return new(
            pipeline,
            [
                .. model
                    .Queues.Values.Where(q => q.Pipeline == pipeline && q.Kind == QueueKind.Stage)
                    .OrderBy(q => q.Stage, StringComparer.Ordinal)
                    .Select(CreateContents),
            ],
            checkpoints
                .Select(Positions.Parse)
                .OfType<(string Source, SourcePosition Position)>()
                .ToDictionary(p => p.Source, p => p.Position, StringComparer.Ordinal),
            checkpoints
                .Where(n => !n.Key.StartsWith(Positions.KeyPrefix, StringComparison.Ordinal))
                .ToDictionary(n => n.Key, n => n.Value, StringComparer.Ordinal)
        );
    }

    StageContents CreateContents(Queue queue)
    {
        var parked = model.FindQueue(queue.Pipeline, queue.Stage, QueueKind.Parked)?.Groups ?? new();
        var total = new SourceQueueRow(0, queue, null);
        total.Add(queue.Own);
        foreach (var sourceQueue in queue.SourceQueues.Values)
            total.Add(sourceQueue);
        return new(
            queue.Stage,
            queue.Groups.Sum(g => (long)g.Live),
            parked.Sum(g => (long)g.Live),
            queue.Groups.Concat(parked).Sum(g => (long)g.Size * g.Live / Math.Max(1, g.Kept)),
            queue.Dead.Count,
            total.Completed,
            total.Retries,
            [.. total.Losses.Select((count, code) => (LossCodes.GetReason(code), count)).Where(l => l.count != 0)],
            [
                .. queue
                    .SourceQueues.Values.Where(l => l.Pending > 0)
                    .OrderBy(l => l.Source, StringComparer.Ordinal)
                    .Select(l => (l.Source!, l.Pending)),
            ]
        );
    }
}
