using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Actors.Links;

/// <summary>Computes the size of records on the wire, in bytes.</summary>
static class WireSize
{
    const int Numbers = 64; // tags, lengths, times and positions

    /// <summary>Returns whether a record has at most a number of bytes.</summary>
    public static bool Fits(ConveyorRecord record, int bytes) =>
        GetUpperBound(record) <= bytes || Compute(record) <= bytes;

    /// <summary>Returns the size of a record.</summary>
    public static int Compute(ConveyorRecord record) => record.ToProto().CalculateSize();

    /// <summary>
    /// Returns how many of a lease's records, from the first, have together at most a number of bytes.
    /// </summary>
    public static int CountThatFit(IReadOnlyList<BufferedRecord<ConveyorRecord>> records, int bytes)
    {
        long sum = 0,
            bound = 0;
        foreach (var record in records)
            bound += GetUpperBound(record);
        if (bound <= bytes)
            return records.Count;
        for (var i = 0; i < records.Count; i++)
        {
            sum += records[i].ToProto().CalculateSize() + 6;
            if (sum > bytes)
                return i;
        }
        return records.Count;
    }

    /// <summary>
    /// Returns how many records, from the first, have together at most a number of bytes; at least one.
    /// </summary>
    public static int CountThatFit(ReadOnlySpan<ConveyorRecord> records, long bytes)
    {
        long sum = 0;
        for (var i = 0; i < records.Length; i++)
        {
            sum += GetUpperBound(records[i]);
            if (sum > bytes && i > 0)
                return i;
        }
        return records.Length;
    }

    static long GetUpperBound(BufferedRecord<ConveyorRecord> record) =>
        GetUpperBound(record.Record)
        + Numbers
        + 3L * (record.SourceId.Length + record.PipelineId.Length + record.TargetStageId.Length);

    // A char has at most three bytes in UTF-8, and nine where it is half of a pair.
    static long GetUpperBound(ConveyorRecord record)
    {
        var chars = (long)record.Id.Length + (record.Key?.Length ?? 0);
        foreach (var (name, value) in record.Headers)
            chars += name.Length + value.Length + 8;
        return record.Payload.Length + 9 * chars + Numbers;
    }

    /// <summary>Returns the exception for a record that does not fit.</summary>
    public static WireLimitException CreateTooLargeError(ConveyorRecord record, string where, int bytes) =>
        new(
            FormattableString.Invariant(
                $"Record '{ShortText.Create(record.Id)}' {where} has {Compute(record)} bytes on the wire; conveyor.wire.max-batch-bytes is {bytes}. Make the record smaller, or raise the setting, and akka.remote.dot-netty.tcp.maximum-frame-size with it, on both nodes."
            )
        );
}
