using System.Runtime.CompilerServices;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts messages to and from the buffer actors.</summary>
static class EnqueueWire
{
    public static Proto.Enqueue ToProto(Enqueue message) =>
        new()
        {
            Target = message.Target.ToProto(),
            Record = message.Record.ToProto(),
            ExpectsReply = message.ExpectsReply,
        };

    public static Enqueue FromProto(Proto.Enqueue proto) =>
        new(proto.Target.FromProto(), proto.Record.FromProto(), proto.ExpectsReply);

    public static Proto.EnqueueBatch ToProto(EnqueueBatch message)
    {
        var proto = new Proto.EnqueueBatch { Target = message.Target.ToProto(), ExpectsReply = message.ExpectsReply };
        proto.Records.AddRecords(message.Records);
        return proto;
    }

    public static EnqueueBatch FromProto(Proto.EnqueueBatch proto) =>
        new(proto.Target.FromProto(), proto.Records.FromProto(), proto.ExpectsReply);

    public static Proto.EnqueueResult ToProto(EnqueueResult message) =>
        new()
        {
            Status = Enums.EnqueueOutcome.ToProto(message.Status),
            Accepted = message.Accepted,
            Consumed = message.Consumed,
            Signal = message.Signal.ToProto(),
            Credits = message.Credits,
        };

    public static EnqueueResult FromProto(Proto.EnqueueResult proto) =>
        new(
            Enums.EnqueueOutcome.FromProto(proto.Status),
            proto.Accepted,
            proto.Consumed,
            proto.Signal.FromProto(),
            proto.Credits
        );

    static Proto.BufferTarget ToProto(
        this BufferTarget? target,
        [CallerArgumentExpression(nameof(target))] string field = ""
    ) =>
        target is null
            ? throw Field.CreateMissingError(field)
            : new()
            {
                Pipeline = target.Pipeline.ToProto(),
                Stage = target.Stage.ToProto(),
                Source = target.Source.ToProto(),
            };

    static BufferTarget FromProto(
        this Proto.BufferTarget? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Source.FromProto());
}
