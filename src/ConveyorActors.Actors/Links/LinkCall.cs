using ConveyorActors.Actors.Wire;
using Google.Protobuf;

namespace ConveyorActors.Actors.Links;

/// <summary>A message on a link, with the number of its call.</summary>
readonly record struct LinkCall(long Call, string Manifest, ReadOnlyMemory<byte> Message)
{
    public byte[] ToBytes() =>
        new Wire.Proto.LinkCall
        {
            Call = Call,
            Manifest = Manifest,
            Message = UnsafeByteOperations.UnsafeWrap(Message),
        }.ToByteArray();

    public static LinkCall FromBytes(byte[] bytes)
    {
        var proto = Wire.Proto.LinkCall.Parser.ParseFrom(bytes);
        return new(proto.Call, proto.Manifest, proto.Message.Memory);
    }

    /// <summary>Writes a message for a call.</summary>
    public static byte[] Write(ConveyorSerializer serializer, long call, object message) =>
        new LinkCall(call, serializer.Manifest(message), serializer.ToBinary(message)).ToBytes();

    /// <summary>Returns the deserialized message.</summary>
    public object Read(ConveyorSerializer serializer) => serializer.FromBinary(Message.ToArray(), Manifest);
}
