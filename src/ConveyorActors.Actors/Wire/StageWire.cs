using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Converts messages to a stage. Names and numbers are not validated here: the stage refuses invalid ones.
/// </summary>
static class StageWire
{
    public static Proto.ConfigureStage ToProto(ConfigureStage message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Settings = message.Settings.ToProto(),
        };

    public static ConfigureStage FromProto(Proto.ConfigureStage proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Settings.FromProto());

    public static Proto.BufferForStage ToProto(BufferForStage message)
    {
        var proto = new Proto.BufferForStage
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Source = message.Source.ToProto(),
            Record = message.Record.ToProto(),
            Credits = message.Credits?.ToProto(),
            Wait = message.Wait.ToProto(),
        };
        if (message.Owner is { } owner)
            proto.Owner = owner.ToProto();
        if (message.AckLevel != AckLevel.Buffered)
            proto.AckLevel = Enums.AckLevel.ToProto(message.AckLevel);
        return proto;
    }

    public static BufferForStage FromProto(Proto.BufferForStage proto, ActorResolver resolve) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Source.FromProto(),
            proto.Record.FromProto(),
            proto.Credits?.FromProto()
        )
        {
            AckLevel = proto.HasAckLevel ? Enums.AckLevel.FromProto(proto.AckLevel) : AckLevel.Buffered,
            Wait = proto.Wait.FromProto(),
            Owner = proto.HasOwner ? resolve.FromProto(proto.Owner) : null,
        };

    public static Proto.BufferBatchForStage ToProto(BufferBatchForStage message)
    {
        var proto = new Proto.BufferBatchForStage
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Source = message.Source.ToProto(),
            Credits = message.Credits?.ToProto(),
            Wait = message.Wait.ToProto(),
        };
        proto.Records.AddRecords(message.Records);
        if (message.Owner is { } owner)
            proto.Owner = owner.ToProto();
        if (message.AckLevel != AckLevel.Buffered)
            proto.AckLevel = Enums.AckLevel.ToProto(message.AckLevel);
        if (message.Offer is { } offer)
            proto.Offer = new()
            {
                Client = offer.Client.ToProto(),
                Number = offer.Number,
                FirstOpen = offer.FirstOpen,
                IsRepeat = offer.IsRepeat,
            };
        return proto;
    }

    public static BufferBatchForStage FromProto(Proto.BufferBatchForStage proto, ActorResolver resolve) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Source.FromProto(),
            proto.Records.FromProto(),
            proto.Credits?.FromProto()
        )
        {
            AckLevel = proto.HasAckLevel ? Enums.AckLevel.FromProto(proto.AckLevel) : AckLevel.Buffered,
            Wait = proto.Wait.FromProto(),
            Owner = proto.HasOwner ? resolve.FromProto(proto.Owner) : null,
            Offer = proto.Offer is { } offer
                ? new(offer.Client.FromProto(), offer.Number) { FirstOpen = offer.FirstOpen, IsRepeat = offer.IsRepeat }
                : null,
        };

    public static Proto.BufferPartsForStage ToProto(BufferPartsForStage message)
    {
        var proto = new Proto.BufferPartsForStage
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Source = message.Source.ToProto(),
            Pass = message.Pass,
        };
        proto.Records.AddRecords(message.Records);
        proto.Parts.AddAll(message.Parts);
        return proto;
    }

    public static BufferPartsForStage FromProto(Proto.BufferPartsForStage proto) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Source.FromProto(),
            proto.Records.FromProto(),
            [.. proto.Parts],
            proto.Pass
        );

    public static Proto.GetBatch ToProto(GetBatch message)
    {
        var proto = new Proto.GetBatch
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Request = message.Request.ToProto(),
            Wait = message.Wait.ToProto(),
            MaxBytes = message.MaxBytes,
        };
        if (message.Owner is { } owner)
            proto.Owner = owner.ToProto();
        return proto;
    }

    public static GetBatch FromProto(Proto.GetBatch proto, ActorResolver resolve) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Request.Require().FromProto())
        {
            Wait = proto.Wait.FromProto(),
            MaxBytes = proto.MaxBytes,
            Owner = proto.HasOwner ? resolve.FromProto(proto.Owner) : null,
        };

    static Proto.BatchRequest ToProto(this BatchRequest request)
    {
        var proto = new Proto.BatchRequest
        {
            Max = request.Max,
            Wait = request.Wait,
            OneSource = request.OneSource,
            HeldLease = request.HeldLease,
        };
        if (request.Consumer is { } consumer)
            proto.Consumer = consumer.ToProto();
        if (request.Timeout is { } timeout)
            proto.Timeout100Ns = timeout.Ticks;
        return proto;
    }

    static BatchRequest FromProto(this Proto.BatchRequest proto) =>
        new(proto.Max)
        {
            Wait = proto.Wait,
            OneSource = proto.OneSource,
            HeldLease = proto.HeldLease,
            Consumer = proto.HasConsumer ? proto.Consumer.FromProto() : null,
            Timeout = proto.HasTimeout100Ns ? new TimeSpan(proto.Timeout100Ns) : null,
        };

    public static Proto.GetStageUtilization ToProto(GetStageUtilization message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Stage = message.Stage.ToProto() };

    public static GetStageUtilization FromProto(Proto.GetStageUtilization proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto());

    public static Proto.Peek ToProto(Peek message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Max = message.Max,
        };

    public static Peek FromProto(Proto.Peek proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Max);

    public static Proto.GetDeadLetters ToProto(GetDeadLetters message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Max = message.Max,
        };

    public static GetDeadLetters FromProto(Proto.GetDeadLetters proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Max);

    public static Proto.ReplayDeadLetters ToProto(ReplayDeadLetters message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Max = message.Max,
        };

    public static ReplayDeadLetters FromProto(Proto.ReplayDeadLetters proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Max);

    public static Proto.PurgeDeadLetters ToProto(PurgeDeadLetters message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Stage = message.Stage.ToProto(),
            Max = message.Max,
        };

    public static PurgeDeadLetters FromProto(Proto.PurgeDeadLetters proto) =>
        new(proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Max);
}
