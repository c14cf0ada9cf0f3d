using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts operators' holds.</summary>
static class HoldWire
{
    public static Proto.PlaceHold ToProto(PlaceHold message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Target = Enums.HoldTarget.ToProto(message.Target),
            Name = message.Name.ToProto(),
        };

    public static PlaceHold FromProto(Proto.PlaceHold proto) =>
        new(proto.Pipeline.FromProto(), Enums.HoldTarget.FromProto(proto.Target), proto.Name.FromProto());

    public static Proto.LiftHold ToProto(LiftHold message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Target = Enums.HoldTarget.ToProto(message.Target),
            Name = message.Name.ToProto(),
        };

    public static LiftHold FromProto(Proto.LiftHold proto) =>
        new(proto.Pipeline.FromProto(), Enums.HoldTarget.FromProto(proto.Target), proto.Name.FromProto());

    public static Proto.HoldChanged ToProto(HoldChanged message) => new() { HasChanged = message.HasChanged };

    public static HoldChanged FromProto(Proto.HoldChanged proto) => new(proto.HasChanged);

    public static Proto.OperatorHold ToProto(OperatorHold hold) =>
        new()
        {
            Target = Enums.HoldTarget.ToProto(hold.Target),
            Name = hold.Name.ToProto(),
            Since = hold.Since.ToProto(),
        };

    public static OperatorHold FromProto(Proto.OperatorHold proto) =>
        new(Enums.HoldTarget.FromProto(proto.Target), proto.Name.FromProto(), proto.Since.FromProto());
}
