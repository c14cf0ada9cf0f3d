using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using Google.Protobuf;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts the messages of the links between a port and another node.</summary>
static class LinkWire
{
    public static Proto.LinkControl ToProto(LinkControl message) =>
        new()
        {
            Link = message.Link.ToProto(),
            Step = Enums.LinkStep.ToProto(message.Step),
            MaxBytes = message.MaxBytes,
            Received = message.Received,
        };

    public static LinkControl FromProto(Proto.LinkControl proto) =>
        new(proto.Link.FromProto(), Enums.LinkStep.FromProto(proto.Step), proto.MaxBytes) { Received = proto.Received };

    public static Proto.LinkFrame ToProto(LinkFrame message) =>
        new()
        {
            Link = message.Link.ToProto(),
            Number = message.Number,
            Received = message.Received,
            Part = UnsafeByteOperations.UnsafeWrap(message.Part),
            More = message.More,
        };

    public static LinkFrame FromProto(Proto.LinkFrame proto) =>
        new(proto.Link.FromProto(), proto.Number, proto.Received, proto.Part.Memory, proto.More);
}
