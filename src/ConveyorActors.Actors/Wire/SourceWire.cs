using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Converts messages to a source and its subscribers. Names and numbers are not validated here: the source refuses
/// invalid ones.
/// </summary>
static class SourceWire
{
    public static Proto.RequestCredits ToProto(RequestCredits message)
    {
        var proto = new Proto.RequestCredits
        {
            Pipeline = message.Pipeline.ToProto(),
            Source = message.Source.ToProto(),
            Stage = message.Stage.ToProto(),
            Records = message.Records,
            TimeToLive100Ns = message.TimeToLive.Ticks,
            BytesPerRecord = message.BytesPerRecord,
            WaitForRoom = message.WaitForRoom,
            Wait = message.Wait.ToProto(),
        };
        if (message.Owner is { } owner)
            proto.Owner = owner.ToProto();
        return proto;
    }

    public static RequestCredits FromProto(Proto.RequestCredits proto, ActorResolver resolve) =>
        new(
            proto.Pipeline.FromProto(),
            proto.Stage.FromProto(),
            proto.Source.FromProto(),
            proto.Records,
            new TimeSpan(proto.TimeToLive100Ns),
            proto.BytesPerRecord,
            proto.WaitForRoom
        )
        {
            Wait = proto.Wait.FromProto(),
            Owner = proto.HasOwner ? resolve.FromProto(proto.Owner) : null,
        };

    public static Proto.GiveBackCredits ToProto(GiveBackCredits message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Grant = message.Grant.ToProto() };

    public static GiveBackCredits FromProto(Proto.GiveBackCredits proto) =>
        new(proto.Pipeline.FromProto(), proto.Grant.FromProto());

    public static Proto.GetAvailableCredits ToProto(GetAvailableCredits message)
    {
        var proto = new Proto.GetAvailableCredits
        {
            Pipeline = message.Pipeline.ToProto(),
            Source = message.Source.ToProto(),
        };
        if (message.Stage is { } stage)
            proto.Stage = stage.ToProto();
        return proto;
    }

    public static GetAvailableCredits FromProto(Proto.GetAvailableCredits proto) =>
        new(proto.Pipeline.FromProto(), proto.HasStage ? proto.Stage.FromProto() : null, proto.Source.FromProto());

    public static Proto.GetSignal ToProto(GetSignal message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Source = message.Source.ToProto() };

    public static GetSignal FromProto(Proto.GetSignal proto) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto());

    public static Proto.Explain ToProto(Explain message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Source = message.Source.ToProto() };

    public static Explain FromProto(Proto.Explain proto) => new(proto.Pipeline.FromProto(), proto.Source.FromProto());

    public static Proto.SubscribeSignals ToProto(SubscribeSignals message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Source = message.Source.ToProto(),
            Subscriber = message.Subscriber.ToProto(),
        };

    public static SubscribeSignals FromProto(Proto.SubscribeSignals proto, ActorResolver resolve) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto(), resolve.FromProto(proto.Subscriber));

    public static Proto.UnsubscribeSignals ToProto(UnsubscribeSignals message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Source = message.Source.ToProto(),
            Subscriber = message.Subscriber.ToProto(),
        };

    public static UnsubscribeSignals FromProto(Proto.UnsubscribeSignals proto, ActorResolver resolve) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto(), resolve.FromProto(proto.Subscriber));

    public static Proto.SignalChanged ToProto(SignalChanged message) =>
        new()
        {
            Pipeline = message.Pipeline.ToProto(),
            Source = message.Source.ToProto(),
            Signal = message.Signal.ToProto(),
        };

    public static SignalChanged FromProto(Proto.SignalChanged proto) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto(), proto.Signal.FromProto());

    public static Proto.SignalsEnded ToProto(SignalsEnded message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Source = message.Source.ToProto() };

    public static SignalsEnded FromProto(Proto.SignalsEnded proto) =>
        new(proto.Pipeline.FromProto(), proto.Source.FromProto());
}
