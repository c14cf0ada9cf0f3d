using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts snapshots of all numbers of a pipeline.</summary>
static class SnapshotWire
{
    public static Proto.PipelineSnapshot ToProto(
        this PipelineSnapshot? snapshot,
        [CallerArgumentExpression(nameof(snapshot))] string field = ""
    )
    {
        if (snapshot is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.PipelineSnapshot
        {
            Pipeline = snapshot.Pipeline.ToProto(),
            Total = snapshot.Total.ToProto(),
            State = snapshot.State.ToProto(),
        };
        proto.Stages.AddAll(snapshot.Stages, ToProto);
        proto.Sources.AddAll(snapshot.Sources, ToProto);
        proto.Losses.AddAll(snapshot.Losses, ToProto);
        proto.Holds.AddAll(snapshot.Holds, HoldWire.ToProto);
        if (snapshot.Settings is { } settings)
            proto.Settings = settings.ToProto();
        return proto;
    }

    public static PipelineSnapshot FromProto(
        this Proto.PipelineSnapshot? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(
                proto.Pipeline.FromProto(),
                proto.Total.FromProto(),
                proto.Stages.ToArray(FromProto),
                proto.Sources.ToArray(FromProto),
                proto.Losses.ToArray(FromProto),
                proto.State.FromProto()
            )
            {
                Holds = proto.Holds.ToArray(HoldWire.FromProto),
                Settings = proto.Settings?.FromProto(),
            };

    static Proto.LevelSnapshot ToProto(
        this LevelSnapshot? level,
        [CallerArgumentExpression(nameof(level))] string field = ""
    )
    {
        if (level is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.LevelSnapshot
        {
            Limit = level.Limit,
            Buffered = level.Buffered,
            PendingBytes = level.PendingBytes,
            InFlight = level.InFlight,
            Granted = level.Granted,
            Used = level.Used,
            Hopping = level.Hopping,
            Stored = level.Stored,
            Offered = level.Offered,
            Accepted = level.Accepted,
            Refused = level.Refused,
            Completed = level.Completed,
            Dropped = level.Dropped,
            Expired = level.Expired,
            DeadLettered = level.DeadLettered,
            Retries = level.Retries,
            OldestAge100Ns = level.OldestAge.Ticks,
            MeanWait100Ns = level.MeanWait.Ticks,
            MeanFill = level.MeanFill,
            Fill = level.Fill,
        };
        if (level.LimitBytes is { } bytes)
            proto.LimitBytes = bytes;
        return proto;
    }

    static LevelSnapshot FromProto(
        this Proto.LevelSnapshot? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new()
            {
                Limit = proto.Limit,
                LimitBytes = proto.HasLimitBytes ? proto.LimitBytes : null,
                Buffered = proto.Buffered,
                PendingBytes = proto.PendingBytes,
                InFlight = proto.InFlight,
                Granted = proto.Granted,
                Used = proto.Used,
                Hopping = proto.Hopping,
                Stored = proto.Stored,
                Offered = proto.Offered,
                Accepted = proto.Accepted,
                Refused = proto.Refused,
                Completed = proto.Completed,
                Dropped = proto.Dropped,
                Expired = proto.Expired,
                DeadLettered = proto.DeadLettered,
                Retries = proto.Retries,
                OldestAge = new TimeSpan(proto.OldestAge100Ns),
                MeanWait = new TimeSpan(proto.MeanWait100Ns),
                MeanFill = proto.MeanFill,
                Fill = proto.Fill,
            };

    static Proto.StageSnapshot ToProto(StageSnapshot stage)
    {
        var proto = new Proto.StageSnapshot
        {
            Stage = stage.Stage.ToProto(),
            Level = stage.Level.ToProto(),
            DeadLetters = stage.DeadLetters,
            DeadLettersDiscarded = stage.DeadLettersDiscarded,
            DeadLetterBytes = stage.DeadLetterBytes,
            WaitingOffers = stage.WaitingOffers,
            WaitingConsumers = stage.WaitingConsumers,
        };
        proto.Leases.AddAll(stage.Leases, static l => l.ToProto());
        return proto;
    }

    static StageSnapshot FromProto(Proto.StageSnapshot proto) =>
        new(
            proto.Stage.FromProto(),
            proto.Level.FromProto(),
            proto.Leases.ToArray(FromProto),
            proto.DeadLetters,
            proto.DeadLettersDiscarded,
            proto.WaitingOffers,
            proto.WaitingConsumers
        )
        {
            DeadLetterBytes = proto.DeadLetterBytes,
        };

    static Proto.SourceSnapshot ToProto(SourceSnapshot source) =>
        new()
        {
            Source = source.Source.ToProto(),
            Level = source.Level.ToProto(),
            Signal = source.Signal.ToProto(),
            AvailableCredits = source.AvailableCredits,
            Budget = source.Budget is { } budget
                ? new()
                {
                    Granted = budget.Granted,
                    Limit = budget.Limit,
                    GrantedInAll = budget.GrantedInAll,
                }
                : null,
        };

    static SourceSnapshot FromProto(Proto.SourceSnapshot proto) =>
        new(proto.Source.FromProto(), proto.Level.FromProto(), proto.Signal.FromProto(), proto.AvailableCredits)
        {
            Budget = proto.Budget is { } budget ? new(budget.Granted, budget.Limit, budget.GrantedInAll) : null,
        };

    public static Proto.LeaseSnapshot ToProto(this LeaseSnapshot lease)
    {
        var proto = new Proto.LeaseSnapshot
        {
            Id = lease.Id,
            Records = lease.Records,
            Age100Ns = lease.Age.Ticks,
            Deadline = lease.Deadline.ToProto(),
        };
        if (lease.Consumer is { } consumer)
            proto.Consumer = consumer.ToProto();
        return proto;
    }

    public static LeaseSnapshot FromProto(this Proto.LeaseSnapshot proto) =>
        new(
            proto.Id,
            proto.HasConsumer ? proto.Consumer.FromProto() : null,
            proto.Records,
            new TimeSpan(proto.Age100Ns),
            proto.Deadline.FromProto()
        );

    static Proto.LossRow ToProto(LossRow row) =>
        new()
        {
            Stage = row.Stage.ToProto(),
            Source = row.Source.ToProto(),
            Reason = Enums.LossReason.ToProto(row.Reason),
            Count = row.Count,
        };

    static LossRow FromProto(Proto.LossRow proto) =>
        new(proto.Stage.FromProto(), proto.Source.FromProto(), Enums.LossReason.FromProto(proto.Reason), proto.Count);
}
