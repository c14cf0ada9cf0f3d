using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts replies.</summary>
static class ReplyWire
{
    public static Proto.Configured ToProto(Configured message) => new();

    public static Configured FromProto(Proto.Configured proto) => Configured.Instance;

    public static Proto.Offered ToProto(Offered message) => new() { Result = message.Result.ToProto() };

    public static Offered FromProto(Proto.Offered proto) => new(proto.Result.FromProto());

    public static Proto.PartsOffered ToProto(PartsOffered message)
    {
        var proto = new Proto.PartsOffered
        {
            Pass = message.Pass,
            Failure = message.Failure is null ? null : ToProto(message.Failure),
        };
        proto.Results.AddAll(message.Results, static r => r.ToProto());
        return proto;
    }

    public static PartsOffered FromProto(Proto.PartsOffered proto) =>
        new(
            proto.Pass,
            proto.Results.ToArray(static r => r.FromProto()),
            proto.Failure is null ? null : FromProto(proto.Failure)
        );

    public static Proto.Leased ToProto(Leased message) => new() { Batch = message.Batch.ToProto() };

    public static Leased FromProto(Proto.Leased proto) => new(proto.Batch.FromProto());

    public static Proto.Settled ToProto(Settled message) => new() { Result = message.Result.ToProto() };

    public static Settled FromProto(Proto.Settled proto) => new(proto.Result.FromProto());

    public static Proto.Granted ToProto(Granted message) => new() { Grant = message.Grant.ToProto() };

    public static Granted FromProto(Proto.Granted proto) => new(proto.Grant.FromProto());

    public static Proto.Count ToProto(Count message) => new() { Value = message.Value };

    public static Count FromProto(Proto.Count proto) => new(proto.Value);

    public static Proto.Fill ToProto(Fill message) => new() { Value = message.Value };

    public static Fill FromProto(Proto.Fill proto) => new(proto.Value);

    public static Proto.NameList ToProto(NameList message)
    {
        var proto = new Proto.NameList();
        proto.Names.AddAll(message.Names);
        return proto;
    }

    public static NameList FromProto(Proto.NameList proto) => new(proto.Names.FromProto());

    public static Proto.SignalIs ToProto(SignalIs message) => new() { Signal = message.Signal.ToProto() };

    public static SignalIs FromProto(Proto.SignalIs proto) => new(proto.Signal.FromProto());

    public static Proto.Explained ToProto(Explained message)
    {
        var proto = new Proto.Explained();
        proto.Reasons.AddAll(message.Reasons, ReportWire.ToProto);
        return proto;
    }

    public static Explained FromProto(Proto.Explained proto) => new(proto.Reasons.ToArray(ReportWire.FromProto));

    public static Proto.Peeked ToProto(Peeked message)
    {
        var proto = new Proto.Peeked();
        proto.Records.AddAll(message.Records, RecordWire.ToProto);
        return proto;
    }

    public static Peeked FromProto(Proto.Peeked proto) => new(proto.Records.ToArray(static r => r.FromProto()));

    public static Proto.DeadLetterList ToProto(DeadLetterList message)
    {
        var proto = new Proto.DeadLetterList();
        proto.DeadLetters.AddAll(message.DeadLetters, RecordWire.ToProto);
        return proto;
    }

    public static DeadLetterList FromProto(Proto.DeadLetterList proto) =>
        new(proto.DeadLetters.ToArray(RecordWire.FromProto));

    public static Proto.LimitsPlanned ToProto(LimitsPlanned message) => new() { Change = message.Change.ToProto() };

    public static LimitsPlanned FromProto(Proto.LimitsPlanned proto) => new(proto.Change.FromProto());

    public static Proto.SnapshotTaken ToProto(SnapshotTaken message) => new() { Snapshot = message.Snapshot.ToProto() };

    public static SnapshotTaken FromProto(Proto.SnapshotTaken proto) => new(proto.Snapshot.FromProto());

    public static Proto.PipelineStopped ToProto(PipelineStopped message) => new() { Report = message.Report.ToProto() };

    public static PipelineStopped FromProto(Proto.PipelineStopped proto) => new(proto.Report.FromProto());

    public static Proto.Flushed ToProto(Flushed message) => new() { IsWritten = message.IsWritten };

    public static Flushed FromProto(Proto.Flushed proto) => new(proto.IsWritten);

    public static Proto.WaitCancelled ToProto(WaitCancelled message) => new() { Wait = message.Wait.ToProto() };

    public static WaitCancelled FromProto(Proto.WaitCancelled proto) => new(proto.Wait.FromProto());

    public static Proto.BegunAnew ToProto(BegunAnew message) =>
        new() { Leases = message.Leases, Waits = message.Waits };

    public static BegunAnew FromProto(Proto.BegunAnew proto) => new(proto.Leases, proto.Waits);

    public static Proto.Failed ToProto(Failed message)
    {
        var proto = new Proto.Failed
        {
            Problem = Enums.Problem.ToProto(message.Problem),
            Message = message.Message.ToProto(),
        };
        if (message.Parameter is { } parameter)
            proto.Parameter = parameter.ToProto();
        if (message.InReplyTo is { } command)
            proto.InReplyTo = command.ToProto();
        return proto;
    }

    public static Proto.Failed ToProto(AskFailed message)
    {
        var proto = ToProto(message.Failed);
        proto.ForAsk = true;
        return proto;
    }

    public static Failed FromProto(Proto.Failed proto) =>
        new(
            Enums.Problem.FromProto(proto.Problem),
            proto.Message.FromProto(),
            proto.HasParameter ? proto.Parameter.FromProto() : null
        )
        {
            InReplyTo = proto.InReplyTo?.FromProto(),
        };
}
