using ConveyorActors.Storage.Format;

namespace ConveyorActors.Storage.Model;

/// <summary>
/// One row of a table: the checksum that it has on disk, 0 when it is not there, and the one it gets with the
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

    /// <summary>The attempt to write a transaction that <see cref="Staged"/> is of.</summary>
    public int StagedIn;
}

/// <summary>What has happened on a line: changed often, so kept apart from its name, and 32 of them to a row.</summary>
sealed class Line(int id, Queue queue, string? source) : Row
{
    public int Id { get; } = id;

    public Queue Queue { get; } = queue;

    /// <summary>Null for what the queue itself counts, and for what lines that are gone had counted.</summary>
    public string? Source { get; } = source;

    public long Completed,
        Retries;

    /// <summary>In milliseconds since 1970 (UTC); 0: it does not.</summary>
    public long SleepsUntil;

    public readonly long[] Losses = new long[LossCodes.Count];

    /// <summary>
    /// Of the queue itself: the last sequence given, how many hops lie before it, and how many dead letters were thrown
    /// away.
    /// </summary>
    public long Last,
        Depth,
        Discarded;

    /// <summary>Records that wait. Counted when the file is opened, and not kept up to date.</summary>
    public int Pending;

    public void Write(ByteWriter to)
    {
        to.Number(Completed);
        to.Number(Retries);
        to.Signed(SleepsUntil);
        to.Number(Last);
        to.Number(Depth);
        to.Number(Discarded);
        to.Number(Losses.Count(l => l != 0));
        for (var code = 0; code < Losses.Length; code++)
        {
            if (Losses[code] == 0)
                continue;
            to.Number(code);
            to.Number(Losses[code]);
        }
    }

    public void Read(ref ByteReader from)
    {
        Completed = from.Number();
        Retries = from.Number();
        SleepsUntil = from.Signed();
        Last = from.Number();
        Depth = from.Number();
        Discarded = from.Number();
        for (var left = from.Count(); left > 0; left--)
        {
            var reason = LossCodes.Reason(from.Number());
            Losses[LossCodes.Of(reason)] = from.Number();
        }
    }

    public void Add(Line other)
    {
        Completed += other.Completed;
        Retries += other.Retries;
        for (var code = 0; code < Losses.Length; code++)
            Losses[code] += other.Losses[code];
    }
}

/// <summary>The counts of 32 lines whose ids are neighbours.</summary>
sealed class CountsBlock(int id) : Row
{
    public const int Lines = 32;

    public int Id { get; } = id;

    public readonly Line?[] Members = new Line?[Lines];

    public void Write(ByteWriter to)
    {
        for (var i = 0; i < Members.Length; i++)
        {
            if (Members[i] is not { } line)
                continue;
            to.Number(i);
            line.Write(to);
        }
    }
}

/// <summary>A dead letter's row.</summary>
sealed class DeadRow(long id, DeadLetter<ConveyorRecord> letter) : Row
{
    public long Id { get; } = id;

    public DeadLetter<ConveyorRecord> Letter { get; } = letter;
}

/// <summary>Ids that are in a duplicate window, of one transaction.</summary>
sealed class SeenRow(long id, long at, IReadOnlyList<(string Id, long At)> ids) : Row
{
    public long Id { get; } = id;

    /// <summary>When the last of them came.</summary>
    public long At { get; } = at;

    public IReadOnlyList<(string Id, long At)> Ids { get; } = ids;
}

/// <summary>A note.</summary>
sealed class NoteRow(long id, string pipeline, string key) : Row
{
    public long Id { get; } = id;

    public string Pipeline { get; } = pipeline;

    public string Key { get; } = key;

    public string Value { get; set; } = "";
}
