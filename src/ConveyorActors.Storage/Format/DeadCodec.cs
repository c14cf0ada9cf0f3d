namespace ConveyorActors.Storage.Format;

/// <summary>A dead letter in bytes.</summary>
static class DeadCodec
{
    public static void Write(ByteWriter to, DeadLetter<ConveyorRecord> letter)
    {
        to.Text(letter.Record.SourceId);
        to.Number((ulong)letter.Record.Sequence);
        to.Number((ulong)letter.Record.RetryCount);
        to.Signed(letter.Record.BufferedAt.ToUnixTimeMilliseconds());
        to.Number((ulong)Model.LossCodes.Of(letter.Reason));
        to.Text(letter.LastError);
        to.Signed(letter.At.ToUnixTimeMilliseconds());
        RecordCodec.Write(to, letter.Record.Record);
    }

    public static DeadLetter<ConveyorRecord> Read(ref ByteReader from, string pipeline, string stage)
    {
        var (source, sequence, retries, bufferedAt) = (from.Text(), (long)from.Number(), from.Count(), from.Signed());
        var (reason, error, at) = (from.Count(), from.Text(), from.Signed());
        if (reason >= Model.LossCodes.Count) throw new InvalidDataException($"it has a reason {reason} that is not known");
        var record = RecordCodec.Read(ref from);
        return new(
            new(record, source, pipeline, stage, DateTimeOffset.FromUnixTimeMilliseconds(bufferedAt), retries, sequence),
            Model.LossCodes.Reason(reason), error, DateTimeOffset.FromUnixTimeMilliseconds(at));
    }
}
