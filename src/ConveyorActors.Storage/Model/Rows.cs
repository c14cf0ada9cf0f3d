using ConveyorActors.Storage.Format;

namespace ConveyorActors.Storage.Model;

/// <summary>One row of a table: the checksum that it has on disk, 0 when it is not there, and the one it gets with the transaction under way.</summary>
class Row
{
    uint committed, staged;

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

    public long Completed, Retries;

    /// <summary>In milliseconds since 1970 (UTC); 0: it does not.</summary>
    public long SleepsUntil;

    public readonly long[] Losses = new long[LossCodes.Count];

    /// <summary>Of the queue itself: the last sequence given, how many hops lie before it, and how many dead letters were thrown away.</summary>
    public long Last, Depth, Discarded;

    /// <summary>Records that wait. Counted when the file is opened, and not kept up to date.</summary>
    public int Pending;

    public void Write(ByteWriter to)
    {
        to.Number((ulong)Completed);
        to.Number((ulong)Retries);
        to.Signed(SleepsUntil);
        to.Number((ulong)Last);
        to.Number((ulong)Depth);
        to.Number((ulong)Discarded);
        to.Number((ulong)Losses.Count(l => l != 0));
        for (var code = 0; code < Losses.Length; code++)
        {
            if (Losses[code] == 0) continue;
            to.Number((ulong)code);
            to.Number((ulong)Losses[code]);
        }
    }

    public void Read(ref ByteReader from)
    {
        Completed = (long)from.Number();
        Retries = (long)from.Number();
        SleepsUntil = from.Signed();
        Last = (long)from.Number();
        Depth = (long)from.Number();
        Discarded = (long)from.Number();
        for (var left = from.Count(); left > 0; left--)
        {
            var (code, count) = (from.Count(), (long)from.Number());
            if (code >= Losses.Length) throw new InvalidDataException($"it has a reason {code} that is not known");
            Losses[code] = count;
        }
    }

    public void Add(Line other)
    {
        Completed += other.Completed;
        Retries += other.Retries;
        for (var code = 0; code < Losses.Length; code++) Losses[code] += other.Losses[code];
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
            if (Members[i] is not { } line) continue;
            to.Number((ulong)i);
            line.Write(to);
        }
    }
}

/// <summary>The numbers that stand for reasons on disk. Never change one; add at the end.</summary>
static class LossCodes
{
    static readonly LossReason[] Reasons =
    [
        LossReason.StageFull, LossReason.SourceFull, LossReason.GlobalFull, LossReason.TooLarge, LossReason.Duplicate, LossReason.Draining,
        LossReason.StoreFailing, LossReason.DroppedOldest, LossReason.DroppedNewest, LossReason.Damaged, LossReason.Expired, LossReason.RetriesExhausted,
        LossReason.Rejected, LossReason.ResultTooLarge, LossReason.Held,
    ];

    static readonly int[] Codes = [.. Enum.GetValues<LossReason>().Select(r => Array.IndexOf(Reasons, r))];

    public static int Count => Reasons.Length;

    public static int Of(LossReason reason) => Codes[(int)reason];

    public static LossReason Reason(int code) => Reasons[code];
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
