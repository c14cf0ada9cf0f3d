using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts checkpoints and positions of sources.</summary>
static class CheckpointWire
{
    public static Proto.SetCheckpoint ToProto(SetCheckpoint message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Checkpoint = ToProto(message.Checkpoint) };

    public static SetCheckpoint FromProto(Proto.SetCheckpoint proto) =>
        new(proto.Pipeline.FromProto(), FromProto(proto.Checkpoint.Require()));

    public static Proto.GetCheckpoint ToProto(GetCheckpoint message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Key = message.Key.ToProto() };

    public static GetCheckpoint FromProto(Proto.GetCheckpoint proto) =>
        new(proto.Pipeline.FromProto(), proto.Key.FromProto());

    public static Proto.SetPosition ToProto(SetPosition message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Source = message.ReadSource.ToProto(),
            Position = ToProto(message.Position),
        };

    public static SetPosition FromProto(Proto.SetPosition proto) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto(), FromProto(proto.Position.Require()));

    public static Proto.GetPosition ToProto(GetPosition message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Source = message.ReadSource.ToProto() };

    public static GetPosition FromProto(Proto.GetPosition proto) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto());

    public static Proto.CompleteWithCheckpoint ToProto(CompleteWithCheckpoint message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Lease = message.Lease,
            Sequences = LeaseWire.ToProto(message.Sequences),
            Checkpoint = ToProto(message.Checkpoint),
        };

    public static CompleteWithCheckpoint FromProto(Proto.CompleteWithCheckpoint proto) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Lease,
            LeaseWire.FromProto(proto.Sequences),
            FromProto(proto.Checkpoint.Require())
        );

    public static Proto.Stored ToProto(Stored message) => new();

    public static Stored FromProto(Proto.Stored proto) => Stored.Instance;

    public static Proto.CheckpointIs ToProto(CheckpointIs message)
    {
        var proto = new Proto.CheckpointIs();
        if (message.Value is { } value)
            proto.Value = value.ToProto();
        return proto;
    }

    public static CheckpointIs FromProto(Proto.CheckpointIs proto) =>
        new(proto.HasValue ? proto.Value.FromProto() : null);

    public static Proto.PositionIs ToProto(PositionIs message)
    {
        var proto = new Proto.PositionIs();
        if (message.Position is { } position)
            proto.Position = ToProto(position);
        return proto;
    }

    public static PositionIs FromProto(Proto.PositionIs proto) =>
        new(proto.Position is { } position ? FromProto(position) : null);

    static Proto.Checkpoint ToProto(Checkpoint? checkpoint) =>
        checkpoint is null
            ? throw Field.CreateMissingError(nameof(checkpoint))
            : new() { Key = checkpoint.Key.ToProto(), Value = checkpoint.Value.ToProto() };

    static Checkpoint FromProto(Proto.Checkpoint proto) => new(proto.Key.FromProto(), proto.Value.FromProto());

    static Proto.SourcePosition ToProto(SourcePosition position) =>
        new() { Offset = position.Offset, Number = position.Number };

    static SourcePosition FromProto(Proto.SourcePosition proto) => new(proto.Offset, proto.Number);
}
