using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Persistence.Model;

/// <summary>The counts of a source at a stage, and the end of its backoff there.</summary>
sealed class SourceModel
{
    readonly long[] losses = new long[LossCodes.Count];

    public long Completed { get; set; }

    public long Retries { get; set; }

    /// <summary>Gets or sets the end of the source's backoff, in milliseconds since 1970; 0: no backoff.</summary>
    public long SleepsUntil { get; set; }

    public void Lose(LossReason reason, long count) => losses[LossCodes.GetCode(reason)] += count;

    public void SetLost(LossReason reason, long count) => losses[LossCodes.GetCode(reason)] = count;

    public void Add(SourceModel other)
    {
        Completed += other.Completed;
        Retries += other.Retries;
        for (var code = 0; code < losses.Length; code++)
            losses[code] += other.losses[code];
    }

    public SourceModel Copy()
    {
        var copy = new SourceModel { SleepsUntil = SleepsUntil };
        copy.Add(this);
        return copy;
    }

    public SourceTotals Totals =>
        new(
            Completed,
            Retries,
            [.. losses.Select((count, code) => (LossCodes.GetReason(code), count)).Where(l => l.count != 0)]
        );

    public void Write(ByteWriter to)
    {
        to.WriteNumber(Completed);
        to.WriteNumber(Retries);
        to.WriteSigned(SleepsUntil);
        to.WriteNumber(losses.Count(l => l != 0));
        for (var code = 0; code < losses.Length; code++)
        {
            if (losses[code] == 0)
                continue;
            to.WriteNumber(code);
            to.WriteNumber(losses[code]);
        }
    }

    public static SourceModel Read(ref ByteReader from)
    {
        var counts = new SourceModel
        {
            Completed = from.ReadNumber(),
            Retries = from.ReadNumber(),
            SleepsUntil = from.ReadSigned(),
        };
        for (var left = from.ReadCount(); left > 0; left--)
            counts.SetLost(LossCodes.GetReason(from.ReadNumber()), from.ReadNumber());
        return counts;
    }
}
