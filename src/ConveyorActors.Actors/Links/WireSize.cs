using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Actors.Links;

/// <summary>Computes the size of records on the wire, in bytes.</summary>
static class WireSize
{
    const int Numbers = 64; // tags, lengths, times and positions

    /// <summary>Returns whether a record has at most a number of bytes.</summary>
    public static bool Fits(ConveyorRecord record, int bytes) => AtMost(record) <= bytes || Of(record) <= bytes;

    /// <summary>Returns the size of a record.</summary>
    public static int Of(ConveyorRecord record) => record.ToProto().CalculateSize();

    /// <summary>
    /// Returns how many of a lease's records, from the first, have together at most a number of bytes.
    /// </summary>
    public static int CountThatFit(IReadOnlyList<BufferedRecord<ConveyorRecord>> records, int bytes)
    {
        long sum = 0,
            bound = 0;
        foreach (var record in records)
            bound += AtMost(record);
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
            sum += AtMost(records[i]);
            if (sum > bytes && i > 0)
                return i;
        }
        return records.Length;
    }

    static long AtMost(BufferedRecord<ConveyorRecord> record) =>
        AtMost(record.Record)
        + Numbers
        + 3L * (record.SourceId.Length + record.PipelineId.Length + record.TargetStageId.Length);

    // A char has at most three bytes in UTF-8, and nine where it is half of a pair.
    static long AtMost(ConveyorRecord record)
    {
        var chars = (long)record.Id.Length + (record.Key?.Length ?? 0);
        foreach (var (name, value) in record.Headers)
            chars += name.Length + value.Length + 8;
        return record.Payload.Length + 9 * chars + Numbers;
    }

    /// <summary>Returns the exception for a record that does not fit.</summary>
    public static WireLimitException TooLarge(ConveyorRecord record, string where, int bytes) =>
        new(
            FormattableString.Invariant(
                $"Record '{record.Id}' {where} has {Of(record)} bytes on the wire; conveyor.wire.max-batch-bytes is {bytes}. Make the record smaller, or raise the setting, and akka.remote.dot-netty.tcp.maximum-frame-size with it, on both nodes."
            )
        );
}
