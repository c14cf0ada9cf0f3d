namespace ConveyorActors.Persistence.Format;

/// <summary>Encodes a dead letter.</summary>
static class LetterCodec
{
    public static void Write(ByteWriter to, NameWriter names, DeadLetter<ConveyorRecord> letter)
    {
        names.Write(to, letter.Record.SourceId);
        to.Number(letter.Record.Sequence);
        to.Number(letter.Record.RetryCount);
        to.Signed(letter.Record.BufferedAt.ToUnixTimeMilliseconds());
        to.Number(LossCodes.Of(letter.Reason));
        to.Text(letter.LastError);
        to.Signed(letter.At.ToUnixTimeMilliseconds());
        RecordCodec.Write(to, letter.Record.Record);
    }

    public static DeadLetter<ConveyorRecord> Read(ref ByteReader from, NameReader names, string stage)
    {
        var (source, sequence, retries, bufferedAt) = (names.Read(ref from), from.Number(), from.Int(), from.Signed());
        var (reason, error, at) = (LossCodes.Reason(from.Number()), from.Text(), from.Signed());
        var record = RecordCodec.Read(ref from);
        return new(
            new(record, source, names.Pipeline, stage, DateTimeOffset.FromUnixTimeMilliseconds(bufferedAt), retries, sequence),
            reason, error, DateTimeOffset.FromUnixTimeMilliseconds(at));
    }
}
