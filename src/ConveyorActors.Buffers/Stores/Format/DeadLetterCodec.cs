namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>
/// Encodes a dead letter for data directories and journals. Each of them writes the source before it, in its own
/// format.
/// </summary>
static class DeadLetterCodec
{
    public static void Write(ByteWriter to, DeadLetter<ConveyorRecord> letter)
    {
        to.WriteNumber(letter.Record.Sequence);
        to.WriteNumber(letter.Record.RetryCount);
        to.WriteSigned(letter.Record.BufferedAt.ToUnixTimeMilliseconds());
        to.WriteNumber(LossCodes.GetCode(letter.Reason));
        to.WriteText(letter.LastError);
        to.WriteSigned(letter.At.ToUnixTimeMilliseconds());
        RecordCodec.Write(to, letter.Record.Record);
    }

    public static DeadLetter<ConveyorRecord> Read(ref ByteReader from, string pipeline, string stage, string source)
    {
        var (sequence, retries, bufferedAt) = (from.ReadNumber(), from.ReadInt(), from.ReadTime());
        var (reason, error, at) = (LossCodes.GetReason(from.ReadNumber()), from.ReadText(), from.ReadTime());
        var record = RecordCodec.Read(ref from);
        return new(new(record, source, pipeline, stage, bufferedAt, retries, sequence), reason, error, at);
    }
}
