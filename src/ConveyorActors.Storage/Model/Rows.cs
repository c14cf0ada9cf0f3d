using ConveyorActors.Storage.Format;

namespace ConveyorActors.Storage.Model;

/// <summary>
/// One row of a table, with its checksum on disk (0: the row is not on disk) and the checksum that it gets with the
/// transaction under way.
/// </summary>
class Row
{
    uint committed,
        staged;

    public long Committed
    {
        get => committed;
        set => committed = (uint)value;
    }

    public long Staged
    {
        get => staged;
        set => staged = (uint)value;
    }

    /// <summary>The attempt to write a transaction that <see cref="Staged"/> belongs to.</summary>
    public int StagedIn;
}

/// <summary>
/// The counts of one source at a stage, or of the queue itself. They change often, so they are stored apart from the
/// source's name, 32 of them in a row.
/// </summary>
sealed class SourceQueueRow(int id, Queue queue, string? source) : Row
{
    public int Id { get; } = id;

    public Queue Queue { get; } = queue;

    /// <summary>Gets the source; null: these are the queue's own counts, and those of removed sources.</summary>
    public string? Source { get; } = source;

    public long Completed,
        Retries;

    /// <summary>The end of the source's backoff, in milliseconds since 1970 (UTC); 0: no backoff.</summary>
    public long SleepsUntil;

    public readonly long[] Losses = new long[LossCodes.Count];

    /// <summary>
    /// The queue's own counts: the last sequence given, the number of hops before the stage, and the number of
    /// discarded dead letters.
    /// </summary>
    public long Last,
        Depth,
        Discarded;

    /// <summary>The number of waiting records. Computed when the file is opened, and not kept up to date.</summary>
    public int Pending;

    public void Write(ByteWriter to)
    {
        to.WriteNumber(Completed);
        to.WriteNumber(Retries);
        to.WriteSigned(SleepsUntil);
        to.WriteNumber(Last);
        to.WriteNumber(Depth);
        to.WriteNumber(Discarded);
        to.WriteNumber(Losses.Count(l => l != 0));
        for (var code = 0; code < Losses.Length; code++)
        {
            if (Losses[code] == 0)
                continue;
            to.WriteNumber(code);
            to.WriteNumber(Losses[code]);
        }
    }

    public void Read(ref ByteReader from)
    {
        Completed = from.ReadNumber();
        Retries = from.ReadNumber();
        SleepsUntil = from.ReadSigned();
        Last = from.ReadNumber();
        Depth = from.ReadNumber();
        Discarded = from.ReadNumber();
        for (var left = from.ReadCount(); left > 0; left--)
        {
            var reason = LossCodes.GetReason(from.ReadNumber());
            Losses[LossCodes.GetCode(reason)] = from.ReadNumber();
        }
    }

    public void Add(SourceQueueRow other)
    {
        Completed += other.Completed;
        Retries += other.Retries;
        for (var code = 0; code < Losses.Length; code++)
            Losses[code] += other.Losses[code];
    }
}

/// <summary>The counts of 32 lines with consecutive ids.</summary>
sealed class CountsBlock(int id) : Row
{
    public const int SourceQueues = 32;

    public int Id { get; } = id;

    public readonly SourceQueueRow?[] Members = new SourceQueueRow?[SourceQueues];

    public void Write(ByteWriter to)
    {
        for (var i = 0; i < Members.Length; i++)
        {
            if (Members[i] is not { } sourceQueue)
                continue;
            to.WriteNumber(i);
            sourceQueue.Write(to);
        }
    }
}

/// <summary>The row of a dead letter.</summary>
sealed class DeadRow(long id, DeadLetter<ConveyorRecord> letter) : Row
{
    public long Id { get; } = id;

    public DeadLetter<ConveyorRecord> Letter { get; } = letter;
}

/// <summary>The ids of one transaction that are in a duplicate window.</summary>
sealed class SeenRow(long id, long at, IReadOnlyList<(string Id, long At)> ids) : Row
{
    public long Id { get; } = id;

    /// <summary>Gets when the last of the ids was accepted.</summary>
    public long At { get; } = at;

    public IReadOnlyList<(string Id, long At)> Ids { get; } = ids;
}

/// <summary>The row of a checkpoint.</summary>
sealed class CheckpointRow(long id, string pipeline, string key) : Row
{
    public long Id { get; } = id;

    public string Pipeline { get; } = pipeline;

    public string Key { get; } = key;

    public string Value { get; set; } = "";
}
