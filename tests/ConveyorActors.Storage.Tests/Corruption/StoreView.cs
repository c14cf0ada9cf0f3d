namespace ConveyorActors.Storage.Tests.Corruption;

/// <summary>All that can be seen of a directory.</summary>
/// <param name="Records">By stage and id.</param>
/// <param name="Letters">Dead letters, by stage and id.</param>
/// <param name="Checkpoints">Checkpoints and positions.</param>
/// <param name="All">The same and every count, as text.</param>
sealed record StoreView(
    IReadOnlyDictionary<string, string> Records,
    IReadOnlyDictionary<string, string> Letters,
    IReadOnlyDictionary<string, string> Checkpoints,
    string All
)
{
    public static StoreView Of(DataDirectory directory)
    {
        var (records, letters, notes) = (
            new Dictionary<string, string>(),
            new Dictionary<string, string>(),
            new Dictionary<string, string>()
        );
        var lines = new List<string>();
        foreach (var pipeline in directory.ReadContents().Pipelines)
        {
            foreach (var stage in pipeline.Stages)
            {
                // One that is there twice fails here.
                foreach (var r in directory.Peek(pipeline.Pipeline, stage.Stage, int.MaxValue))
                {
                    records.Add(
                        $"{stage.Stage}/{r.Record.Id}",
                        $"{r.SourceId} {r.Sequence} {r.BufferedAt:O} {r.RetryCount} {Convert.ToHexString(r.Record.Payload.Span)} {r.Record.Position}"
                    );
                    lines.Add($"{stage.Stage}/{r.Record.Id} {records[$"{stage.Stage}/{r.Record.Id}"]}");
                }
                foreach (var d in directory.GetDeadLetters(pipeline.Pipeline, stage.Stage))
                    letters.Add(
                        $"{stage.Stage}/{d.Record.Record.Id}",
                        $"{d.Record.SourceId} {d.Reason} {d.LastError} {Convert.ToHexString(d.Record.Record.Payload.Span)}"
                    );
                lines.Add(
                    $"{stage.Stage}: {stage.Pending} {stage.Parked} {stage.DeadLetters} {stage.Completed} {stage.Retries} {string.Join(' ', stage.Losses)}"
                );
            }
            foreach (var (key, value) in pipeline.Checkpoints)
                notes.Add($"note {key}", value);
            foreach (var (source, position) in pipeline.Positions)
                notes.Add($"position {source}", $"{position}");
        }
        lines.AddRange(letters.OrderBy(l => l.Key).Select(l => $"letter {l}"));
        lines.AddRange(notes.OrderBy(n => n.Key).Select(n => $"{n}"));
        return new(records, letters, notes, string.Join('\n', lines));
    }

    /// <summary>What is there and was not, or was otherwise; null: nothing.</summary>
    public string? WhatWasNeverIn(StoreView whole) =>
        NotIn(Records, whole.Records, "record")
        ?? NotIn(Letters, whole.Letters, "dead letter")
        ?? NotIn(Checkpoints, whole.Checkpoints, "");

    static string? NotIn(IReadOnlyDictionary<string, string> some, IReadOnlyDictionary<string, string> all, string kind)
    {
        foreach (var (key, value) in some)
            if (!all.TryGetValue(key, out var was) || was != value)
                return $"the {kind} {key} is there as {value}, and was {was ?? "not there"}";
        return null;
    }
}
