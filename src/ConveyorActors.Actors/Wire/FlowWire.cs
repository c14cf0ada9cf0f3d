using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts signals, credits, and the results of offers and settlements.</summary>
static class FlowWire
{
    const int MaxDelay = 24 * 60 * 60 * 1000;

    public static Proto.BackpressureSignal ToProto(this BackpressureSignal signal) =>
        new() { Kind = Enums.BackpressureKind.ToProto(signal.Kind), DelayMs = (int)signal.Delay.TotalMilliseconds };

    public static BackpressureSignal FromProto(
        this Proto.BackpressureSignal? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    )
    {
        if (proto is null)
            throw Field.CreateMissingError(field);
        return Enums.BackpressureKind.FromProto(proto.Kind, $"{field}.Kind") switch
        {
            BackpressureKind.SlowDown => proto.DelayMs is >= 1 and <= MaxDelay
                ? BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(proto.DelayMs))
                : throw Field.CreateWrongError($"{field}.DelayMs", proto.DelayMs, "from 1 to 86,400,000"),
            BackpressureKind.Pause => BackpressureSignal.Pause,
            _ => BackpressureSignal.None,
        };
    }

    public static Proto.CreditGrant ToProto(
        this CreditGrant? grant,
        [CallerArgumentExpression(nameof(grant))] string field = ""
    ) =>
        grant is null
            ? throw Field.CreateMissingError(field)
            : new()
            {
                Id = grant.Id,
                Source = grant.SourceId.ToProto(),
                Stage = grant.StageId.ToProto(),
                Records = grant.Records,
                ExpiresAt = grant.ExpiresAt.ToProto(),
            };

    public static CreditGrant FromProto(
        this Proto.CreditGrant? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(
                proto.Id,
                proto.Stage.FromProto(),
                proto.Source.FromProto(),
                proto.Records,
                proto.ExpiresAt.FromProto()
            );

    public static Proto.OfferResult ToProto(this OfferResult result) =>
        new()
        {
            Status = Enums.OfferStatus.ToProto(result.Status),
            Accepted = result.Accepted,
            Consumed = result.Consumed,
            Evicted = result.Evicted,
            Signal = result.Signal.ToProto(),
            Credits = result.Credits,
            Unwritten = result.IsUnwritten,
        };

    public static OfferResult FromProto(
        this Proto.OfferResult? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(
                Enums.OfferStatus.FromProto(proto.Status),
                proto.Accepted,
                proto.Consumed,
                proto.Evicted,
                proto.Signal.FromProto(),
                proto.Credits
            )
            {
                IsUnwritten = proto.Unwritten,
            };

    public static Proto.SettleResult ToProto(this SettleResult result) =>
        new()
        {
            Status = Enums.SettleStatus.ToProto(result.Status),
            Settled = result.Settled,
            DeadLettered = result.DeadLettered,
            Waiting = result.Waiting,
        };

    public static SettleResult FromProto(
        this Proto.SettleResult? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(Enums.SettleStatus.FromProto(proto.Status), proto.Settled, proto.DeadLettered, proto.Waiting);
}
