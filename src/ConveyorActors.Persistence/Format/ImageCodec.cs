using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Format;

/// <summary>Encodes a pipeline's durable image, the content of a snapshot.</summary>
static class ImageCodec
{
    /// <summary>The first byte of an image.</summary>
    public const byte Version = 1;

    public static byte[] Write(ModelCapture image)
    {
        var (to, names) = (new ByteWriter(64 << 10), new NameWriter());
        to.WriteByte(Version);
        ClaimCodec.Write(to, image.Claim);
        to.WriteNumber(image.LastUnit);
        to.WriteNumber(image.Checkpoints.Length);
        foreach (var (key, value) in image.Checkpoints)
        {
            to.WriteText(key);
            to.WriteText(value);
        }
        to.WriteNumber(image.Positions.Length);
        foreach (var (source, position) in image.Positions)
        {
            names.Write(to, source);
            to.WriteSigned(position.Offset);
            to.WriteSigned(position.Number);
        }
        to.WriteNumber(image.Stages.Length);
        foreach (var stage in image.Stages)
            Write(to, names, stage);
        if (image.Offers.Count > 0 || image.ForgottenOfferAt is not null)
            WriteOffers(to, image);
        return to.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are damaged, or of a later version.</exception>
    public static ModelCapture Read(ReadOnlySpan<byte> bytes, string pipeline)
    {
        var from = new ByteReader(bytes);
        var names = new NameReader(pipeline);
        var version = from.ReadByte();
        if (version != Version)
            throw new InvalidDataException($"it is of version {version}, and this program reads version {Version}");
        var (claim, lastUnit) = (ClaimCodec.Read(ref from), from.ReadNumber());
        var checkpoints = new KeyValuePair<string, string>[from.ReadCount()];
        for (var i = 0; i < checkpoints.Length; i++)
            checkpoints[i] = new(from.ReadText(), from.ReadText());
        var positions = new KeyValuePair<string, SourcePosition>[from.ReadCount()];
        for (var i = 0; i < positions.Length; i++)
            positions[i] = new(names.Read(ref from), new(from.ReadSigned(), from.ReadSigned()));
        var stages = new StageCapture[from.ReadCount()];
        for (var i = 0; i < stages.Length; i++)
            stages[i] = ReadStage(ref from, names);
        var image = new ModelCapture(claim, lastUnit, checkpoints, positions, stages);
        return from.IsAtEnd ? image : ReadOffers(ref from, image);
    }

    /// <summary>
    /// Writes the offers. They are at the end, and only if there are any, because images of versions without ids of
    /// offers end here.
    /// </summary>
    static void WriteOffers(ByteWriter to, ModelCapture image)
    {
        to.WriteByte(image.ForgottenOfferAt is null ? (byte)0 : (byte)1);
        if (image.ForgottenOfferAt is { } at)
            to.WriteSigned(at);
        to.WriteNumber(image.Offers.Count);
        foreach (var offer in image.Offers)
            OfferCodec.Write(to, offer, 0);
    }

    static ModelCapture ReadOffers(ref ByteReader from, ModelCapture image)
    {
        long? forgottenAt = from.ReadByte() == 0 ? null : from.ReadSigned();
        var offers = new RecentOffer[from.ReadCount()];
        for (var i = 0; i < offers.Length; i++)
            offers[i] = OfferCodec.Read(ref from);
        return image with { Offers = offers, ForgottenOfferAt = forgottenAt };
    }

    static void Write(ByteWriter to, NameWriter names, StageCapture stage)
    {
        names.Write(to, stage.Stage);
        to.WriteNumber(stage.LastSequence);
        to.WriteNumber(stage.LastParking);
        to.WriteNumber(stage.Depth);
        to.WriteNumber(stage.Discarded);
        stage.Retired.Write(to);
        to.WriteNumber(stage.Sources.Length);
        foreach (var (source, counts) in stage.Sources)
        {
            names.Write(to, source);
            counts.Write(to);
        }
        WriteRecords(to, names, stage.Records);
        WriteRecords(to, names, stage.Parked);
        to.WriteNumber(stage.Dead.Length);
        foreach (var letter in stage.Dead)
        {
            names.Write(to, letter.Record.SourceId);
            DeadLetterCodec.Write(to, letter);
        }
        to.WriteNumber(stage.Seen.Length);
        foreach (var (id, at) in stage.Seen)
        {
            to.WriteText(id);
            to.WriteSigned(at);
        }
    }

    static StageCapture ReadStage(ref ByteReader from, NameReader names)
    {
        var stage = names.Read(ref from);
        var (last, parking, depth, discarded, retired) = (
            from.ReadNumber(),
            from.ReadNumber(),
            from.ReadInt(),
            from.ReadNumber(),
            SourceModel.Read(ref from)
        );
        var lines = new KeyValuePair<string, SourceModel>[from.ReadCount()];
        for (var i = 0; i < lines.Length; i++)
            lines[i] = new(names.Read(ref from), SourceModel.Read(ref from));
        var (records, parked) = (ReadRecords(ref from, names), ReadRecords(ref from, names));
        var dead = new DeadLetter<ConveyorRecord>[from.ReadCount()];
        for (var i = 0; i < dead.Length; i++)
            dead[i] = ReadLetter(ref from, names, stage);
        var seen = new (string, long)[from.ReadCount()];
        for (var i = 0; i < seen.Length; i++)
            seen[i] = (from.ReadText(), from.ReadSigned());
        return new(stage, last, parking, depth, discarded, retired, lines, records, parked, dead, seen);
    }

    static DeadLetter<ConveyorRecord> ReadLetter(ref ByteReader from, NameReader names, string stage)
    {
        var source = names.Read(ref from);
        return DeadLetterCodec.Read(ref from, names.Pipeline, stage, source);
    }

    static void WriteRecords(ByteWriter to, NameWriter names, KeyValuePair<long, PendingRecord>[] records)
    {
        to.WriteNumber(records.Length);
        (long Number, long At) last = default;
        foreach (var (number, record) in records)
        {
            to.WriteSigned(number - last.Number);
            to.WriteSigned(record.At - last.At);
            last = (number, record.At);
            names.Write(to, record.Source);
            to.WriteNumber(record.Retries);
            RecordCodec.Write(to, record.Record);
        }
    }

    static KeyValuePair<long, PendingRecord>[] ReadRecords(ref ByteReader from, NameReader names)
    {
        var records = new KeyValuePair<long, PendingRecord>[from.ReadCount()];
        (long Number, long At) last = default;
        for (var i = 0; i < records.Length; i++)
        {
            last = (last.Number + from.ReadSigned(), last.At + from.ReadSigned());
            var (source, retries) = (names.Read(ref from), from.ReadInt());
            records[i] = new(last.Number, new(source, RecordCodec.Read(ref from), last.At, retries));
        }
        return records;
    }
}
