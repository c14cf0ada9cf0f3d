using ConveyorActors.Actors.Protocol;
using Google.Protobuf;

namespace ConveyorActors.Actors.Wire;

/// <summary>One kind of message: its manifest, and how it becomes bytes and comes back.</summary>
abstract class WireMessage(string manifest, Type type)
{
    /// <summary>What tells the kind beside the bytes. Never changed and never used for another message.</summary>
    public string Manifest => manifest;

    /// <summary>The message's type.</summary>
    public Type Type => type;

    /// <summary>The message's bytes.</summary>
    public abstract byte[] Write(object message);

    /// <summary>The message of the bytes.</summary>
    public abstract object Read(byte[] bytes, ActorResolver resolve);
}

/// <inheritdoc/>
sealed class WireMessage<TMessage, TProto>(
    string manifest,
    Func<TMessage, TProto> toProto,
    Func<TProto, ActorResolver, TMessage> fromProto
) : WireMessage(manifest, typeof(TMessage))
    where TMessage : notnull
    where TProto : class, IMessage<TProto>, new()
{
    // What a newer peer adds is nothing to us: not even worth keeping.
    static readonly MessageParser<TProto> Parser = new MessageParser<TProto>(static () =>
        new()
    ).WithDiscardUnknownFields(true);

    public override byte[] Write(object message)
    {
        var proto = toProto((TMessage)message);
        if (message is ConveyorCommand { CorrelationId: { } id })
            ((ICommandProto)proto).CorrelationId = id.ToProto();
        if (message is ConveyorReply { InReplyTo: { } command })
            ((IReplyProto)proto).InReplyTo = command.ToProto();
        return proto.ToByteArray();
    }

    public override object Read(byte[] bytes, ActorResolver resolve)
    {
        var proto = Parser.ParseFrom(bytes);
        object message = fromProto(proto, resolve);
        if (proto is ICommandProto { HasCorrelationId: true } named)
            message = (ConveyorCommand)message with { CorrelationId = named.CorrelationId.FromProto() };
        if (proto is IReplyProto { InReplyTo: { } command })
            message = (ConveyorReply)message with { InReplyTo = command.FromProto() };
        return proto is Proto.Failed { ForAsk: true } ? ((Failed)message).ToStatus() : message;
    }
}
