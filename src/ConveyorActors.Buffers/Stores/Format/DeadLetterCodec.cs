namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>
/// Encodes a dead letter for data directories and journals. Each of them writes the source before it, in its own
/// format.
/// </summary>
static class DeadLetterCodec
{
    public static void Write(ByteWriter to, DeadLetter<ConveyorRecord> letter)
    {
        to.Number(letter.Record.Sequence);
        to.Number(letter.Record.RetryCount);
        to.Signed(letter.Record.BufferedAt.ToUnixTimeMilliseconds());
        to.Number(LossCodes.Of(letter.Reason));
        to.Text(letter.LastError);
        to.Signed(letter.At.ToUnixTimeMilliseconds());
        RecordCodec.Write(to, letter.Record.Record);
    }

    public static DeadLetter<ConveyorRecord> Read(ref ByteReader from, string pipeline, string stage, string source)
    {
        var (sequence, retries, bufferedAt) = (from.Number(), from.Int(), from.Time());
        var (reason, error, at) = (LossCodes.Reason(from.Number()), from.Text(), from.Time());
        var record = RecordCodec.Read(ref from);
        return new(new(record, source, pipeline, stage, bufferedAt, retries, sequence), reason, error, at);
    }
}
