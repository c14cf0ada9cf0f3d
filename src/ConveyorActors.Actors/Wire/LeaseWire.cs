using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts messages that settle records of a lease.</summary>
static class LeaseWire
{
    public static Proto.Complete ToProto(Complete message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Lease = message.Lease,
            Sequences = ToProto(message.Sequences),
        };

    public static Complete FromProto(Proto.Complete proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Lease, FromProto(proto.Sequences));

    public static Proto.ReturnToBuffer ToProto(ReturnToBuffer message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Lease = message.Lease,
            Sequences = ToProto(message.Sequences),
            Reason = message.Reason.ToProto(),
            Charge = message.Charge,
        };

    public static ReturnToBuffer FromProto(Proto.ReturnToBuffer proto) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Lease,
            FromProto(proto.Sequences),
            proto.Reason.FromProto(),
            proto.Charge
        );

    public static Proto.DeadLetterRecords ToProto(DeadLetterRecords message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Lease = message.Lease,
            Sequences = ToProto(message.Sequences),
            Reason = message.Reason.ToProto(),
        };

    public static DeadLetterRecords FromProto(Proto.DeadLetterRecords proto) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Lease,
            FromProto(proto.Sequences),
            proto.Reason.FromProto()
        );

    public static Proto.Hop ToProto(Hop message)
    {
        var proto = new Proto.Hop
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Lease = message.Lease,
            Sequences = ToProto(message.Sequences),
            TargetStage = message.TargetStage.ToProto(),
            WithoutWaiting = !message.WaitForResults,
        };
        proto.Results.AddRecords(message.Results);
        return proto;
    }

    public static Hop FromProto(Proto.Hop proto) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Lease,
            FromProto(proto.Sequences),
            proto.TargetStage.FromProto(),
            proto.Results.FromProto()
        )
        {
            WaitForResults = !proto.WithoutWaiting,
        };

    public static Proto.Abandon ToProto(Abandon message)
    {
        var proto = new Proto.Abandon
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Reason = message.Reason.ToProto(),
        };
        proto.Leases.AddAll(message.Leases);
        return proto;
    }

    public static Abandon FromProto(Proto.Abandon proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), [.. proto.Leases], proto.Reason.FromProto());

    public static Proto.Renew ToProto(Renew message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Lease = message.Lease,
        };

    public static Renew FromProto(Proto.Renew proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Lease);

    public static Proto.BeginAnew ToProto(BeginAnew message)
    {
        var proto = new Proto.BeginAnew
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Reason = message.Reason.ToProto(),
            HasFailed = message.HasFailed,
        };
        if (message.Owner is { } owner)
            proto.Owner = owner.ToProto();
        return proto;
    }

    public static BeginAnew FromProto(Proto.BeginAnew proto, ActorResolver resolve) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Reason.FromProto(), proto.HasFailed)
        {
            Owner = proto.HasOwner ? resolve.FromProto(proto.Owner) : null,
        };

    // Null means all records and an empty list means none, so the two must stay distinct on the wire.
    public static Proto.Sequences? ToProto(IReadOnlyList<long>? sequences)
    {
        if (sequences is null)
            return null;
        var proto = new Proto.Sequences();
        proto.Values.AddRange(sequences);
        return proto;
    }

    public static long[]? FromProto(Proto.Sequences? proto) => proto is null ? null : [.. proto.Values];
}
