using ConveyorActors.Actors.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ConveyorActors.Actors.Wire;

/// <summary>One kind of message: its manifest, and its conversion to and from bytes.</summary>
abstract class WireMessage(string manifest, Type type)
{
    /// <summary>Gets the manifest that is sent with the bytes. It never changes and is never reused.</summary>
    public string Manifest => manifest;

    /// <summary>Gets the message's type.</summary>
    public Type Type => type;

    /// <summary>Returns the message as bytes.</summary>
    public abstract byte[] Write(object message);

    /// <summary>Returns the message that the bytes contain.</summary>
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
    // Fields that a newer peer has added are discarded.
    static readonly MessageParser<TProto> Parser = new MessageParser<TProto>(static () =>
        new()
    ).WithDiscardUnknownFields(true);

    /// <summary>
    /// The field of all commands with the correlation id that the sender chose; null: the message is no command.
    /// </summary>
    static readonly IFieldAccessor? CorrelationId = FindField<ConveyorCommand>("correlation_id");

    /// <summary>The field of all replies with the reference to the command; null: the message is no reply.</summary>
    static readonly IFieldAccessor? InReplyTo = FindField<ConveyorReply>("in_reply_to");

    public override byte[] Write(object message)
    {
        var proto = toProto((TMessage)message);
        if (message is ConveyorCommand { CorrelationId: { } id })
            CorrelationId!.SetValue(proto, id.ToProto());
        if (message is ConveyorReply { InReplyTo: { } command })
            InReplyTo!.SetValue(proto, command.ToProto());
        return proto.ToByteArray();
    }

    public override object Read(byte[] bytes, ActorResolver resolve)
    {
        var proto = Parser.ParseFrom(bytes);
        object message = fromProto(proto, resolve);
        if (CorrelationId is not null && CorrelationId.HasValue(proto))
            message = (ConveyorCommand)message with
            {
                CorrelationId = ((string)CorrelationId.GetValue(proto)).FromProto(),
            };
        if (InReplyTo?.GetValue(proto) is Proto.CommandReference command)
            message = (ConveyorReply)message with { InReplyTo = command.FromProto() };
        return proto is Proto.Failed { ForAsk: true } ? ((Failed)message).ToStatus() : message;
    }

    static IFieldAccessor? FindField<TKind>(string name) =>
        !typeof(TMessage).IsAssignableTo(typeof(TKind))
            ? null
            : new TProto().Descriptor.FindFieldByName(name)?.Accessor
                ?? throw new InvalidOperationException(
                    $"{typeof(TProto).Name} in conveyor.proto has no field '{name}'; each {typeof(TKind).Name} needs one."
                );
}
