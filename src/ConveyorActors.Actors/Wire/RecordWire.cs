using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts records, single and in batches.</summary>
/// <remarks>
/// A payload is not copied when it is written, and is copied once when it is read. Headers are read into a dictionary
/// that compares names ordinally, whatever kind of dictionary they were sent in.
/// </remarks>
static class RecordWire
{
    public static Proto.Record ToProto(
        this ConveyorRecord? record,
        [CallerArgumentExpression(nameof(record))] string field = ""
    )
    {
        if (record is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.Record
        {
            Id = record.Id.ToProto(),
            Payload = UnsafeByteOperations.UnsafeWrap(record.Payload),
        };
        if (record.Key is { } key)
            proto.Key = key.ToProto();
        if (record.EventTime is { } time)
            proto.EventTime = time.ToProto();
        if (record.Position is { } position)
            proto.Position = new() { Offset = position.Offset, Number = position.Number };
        if (record.Headers.Require().Count > 0)
            foreach (var (name, value) in record.Headers)
                proto.Headers.Add(new Proto.Header { Name = name.ToProto(), Value = value.ToProto() });
        return proto;
    }

    public static ConveyorRecord FromProto(
        this Proto.Record? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    )
    {
        if (proto is null)
            throw Field.CreateMissingError(field);
        var record = new ConveyorRecord(proto.Id.FromProto(), proto.Payload.Memory)
        {
            Key = proto.HasKey ? proto.Key.FromProto() : null,
            EventTime = proto.EventTime is null ? null : proto.EventTime.FromProto(),
            Position = proto.Position is null ? null : new(proto.Position.Offset, proto.Position.Number),
        };
        // Without headers the record keeps the one empty dictionary that all such records share.
        return proto.Headers.Count == 0 ? record : record with { Headers = FromProto(proto.Headers) };
    }

    static FixedHeaders FromProto(RepeatedField<Proto.Header> protos)
    {
        var headers = new Dictionary<string, string>(protos.Count, StringComparer.Ordinal);
        foreach (var header in protos)
            headers[header.Name.FromProto()] = header.Value.FromProto();
        return new(headers);
    }

    public static void AddRecords(this RepeatedField<Proto.Record> protos, ReadOnlyMemory<ConveyorRecord> records)
    {
        protos.Capacity = records.Length;
        foreach (var record in records.Span)
            protos.Add(record.ToProto());
    }

    public static ConveyorRecord[] FromProto(this RepeatedField<Proto.Record> protos)
    {
        var records = protos.Count == 0 ? [] : new ConveyorRecord[protos.Count];
        for (var i = 0; i < records.Length; i++)
            records[i] = protos[i].FromProto();
        return records;
    }

    public static Proto.BufferedRecord ToProto(this BufferedRecord<ConveyorRecord> buffered) =>
        new()
        {
            Record = buffered.Record.ToProto(),
            Source = buffered.SourceId.ToProto(),
            Pipeline = buffered.PipelineId.ToProto(),
            Stage = buffered.TargetStageId.ToProto(),
            BufferedAt = buffered.BufferedAt.ToProto(),
            RetryCount = buffered.RetryCount,
            Sequence = buffered.Sequence,
        };

    public static BufferedRecord<ConveyorRecord> FromProto(
        this Proto.BufferedRecord? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(
                proto.Record.FromProto(),
                proto.Source.FromProto(),
                proto.Pipeline.FromProto(),
                proto.Stage.FromProto(),
                proto.BufferedAt.FromProto(),
                proto.RetryCount,
                proto.Sequence
            );

    public static Proto.DeadLetter ToProto(this DeadLetter<ConveyorRecord> letter) =>
        new()
        {
            Record = letter.Record.ToProto(),
            Reason = Enums.LossReason.ToProto(letter.Reason),
            LastError = letter.LastError.ToProto(),
            At = letter.At.ToProto(),
        };

    public static DeadLetter<ConveyorRecord> FromProto(this Proto.DeadLetter proto) =>
        new(
            proto.Record.FromProto(),
            Enums.LossReason.FromProto(proto.Reason),
            proto.LastError.FromProto(),
            proto.At.FromProto()
        );

    public static Proto.LeasedBatch ToProto(
        this LeasedBatch? batch,
        [CallerArgumentExpression(nameof(batch))] string field = ""
    )
    {
        if (batch is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.LeasedBatch
        {
            Id = batch.Id,
            Stage = batch.Stage.ToProto(),
            Deadline = batch.Deadline.ToProto(),
        };
        proto.Records.AddAll(batch.Records, ToProto);
        return proto;
    }

    public static LeasedBatch FromProto(
        this Proto.LeasedBatch? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(
                proto.Id,
                proto.Stage.FromProto(),
                proto.Deadline.FromProto(),
                proto.Records.ToArray(static r => r.FromProto())
            );
}
