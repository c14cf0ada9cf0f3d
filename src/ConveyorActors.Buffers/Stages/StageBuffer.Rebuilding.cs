namespace ConveyorActors.Buffers.Stages;

public sealed partial class StageBuffer<T>
{
    /// <summary>Applies one event of another stage buffer's past. Nobody is told, and no room is released.</summary>
    /// <param name="happened">The event. Applied in order from the first to an empty stage, the events rebuild it.</param>
    /// <param name="now">The time, for backoffs that are still being waited out.</param>
    /// <exception cref="InvalidOperationException">The event does not fit what was applied before.</exception>
    public void Apply(StageEvent<T> happened, long now)
    {
        switch (happened)
        {
            case StageEvent<T>.Buffered buffered:
                ApplyBuffered(buffered);
                break;
            case StageEvent<T>.Settled settled:
                Remove(settled.Source, settled.Sequences);
                break;
            case StageEvent<T>.Expired expired:
                Remove(expired.Source, expired.Sequences);
                break;
            case StageEvent<T>.Returned returned:
                ApplyReturned(returned, now);
                break;
            case StageEvent<T>.DeadLettered dead:
                var line = Known(dead.Source);
                var slot = line.Records[Place(line, dead.Sequence)];
                deadLetters.Add(new(Shown(line, slot), dead.Reason, dead.LastError, dateOf(dead.At)), Settings.MaxDeadLetters);
                Remove(dead.Source, [dead.Sequence]);
                break;
            case StageEvent<T>.DeadLettersRemoved removed:
                deadLetters.Remove(removed.Count, discarded: true);
                break;
            default:
                throw new InvalidOperationException($"Stage '{StageId}' does not know the event {happened.GetType().Name}.");
        }
    }

    void ApplyBuffered(StageEvent<T>.Buffered buffered)
    {
        var line = LineOf(buffered.Source, buffered.BufferedAt);
        for (var i = 0; i < buffered.Records.Count; i++)
        {
            line.Records.PushBack() = new()
            {
                Record = buffered.Records[i],
                Sequence = buffered.FirstSequence + i,
                BufferedAt = buffered.BufferedAt,
                Bytes = buffered.Bytes[i],
            };
            line.PendingBytes += buffered.Bytes[i];
        }
        lastSequence = Math.Max(lastSequence, buffered.FirstSequence + buffered.Records.Count - 1);
        Buffered += buffered.Records.Count;
        line.Counts.Accepted += buffered.Records.Count;
        if (Settings.TimeToLive is { } life) firstExpiry = Math.Min(firstExpiry, buffered.BufferedAt + (long)life.TotalMilliseconds);
        Rejoin(line);
    }

    void ApplyReturned(StageEvent<T>.Returned returned, long now)
    {
        var line = Known(returned.Source);
        foreach (var sequence in returned.Sequences) line.Records[Place(line, sequence)].Retries++;
        line.Counts.Retries += returned.Sequences.Count;
        Sleep(line, returned.SleepsUntil, now);
    }

    void Remove(string source, IReadOnlyList<long> sequences)
    {
        var line = Known(source);
        foreach (var sequence in sequences)
        {
            var place = Place(line, sequence);
            line.PendingBytes -= line.Records[place].Bytes;
            line.Records.RemoveAt(place);
            Buffered--;
        }
    }

    SourceLine<T> Known(string source) => FindLine(source)
        ?? throw new InvalidOperationException($"Stage '{StageId}' has no records of source '{source}' that an event speaks of.");

    int Place(SourceLine<T> line, long sequence) => line.IndexOf(sequence) is >= 0 and var place ? place
        : throw new InvalidOperationException($"Stage '{StageId}' has no record {sequence} of source '{line.SourceId}' that an event speaks of.");
}
