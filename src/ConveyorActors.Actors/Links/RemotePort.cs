using System.Threading.Channels;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Actors.Links;

/// <summary>A port's connection to buffers on another node. Safe for use by many threads.</summary>
sealed class RemotePort
{
    readonly ConveyorSerializer serializer;
    readonly WireSettings settings;

    RemotePort(ActorSystem system, ActorSelection pipelines)
    {
        var config = system.Settings.Config;
        settings = ConveyorSettings.FromConfig(config).Wire;
        MaxBytes = settings.GetBatchBytes(config);
        serializer = ConveyorSerializer.Register((ExtendedActorSystem)system);
        Client = LinkClient.Start(system, pipelines, settings, MaxBytes, serializer);
    }

    public static RemotePort Start(ActorSystem system, ActorSelection pipelines) => new(system, pipelines);

    /// <summary>Gets the port's own actor, and a task that completes when it ends.</summary>
    public (IActorRef Actor, Task Ended) Client { get; }

    /// <summary>Gets the most bytes of one record.</summary>
    public int MaxBytes { get; }

    /// <summary>Gets the most bytes of one call.</summary>
    public long MaxMessageBytes => settings.MaxMessageBytes;

    /// <summary>Sends a command, in the order of the calls.</summary>
    /// <exception cref="WireLimitException">The command is too large.</exception>
    public LinkRequest Ask(IConveyorMessage command, string shown)
    {
        var call = WriteRequest(command, shown, new(TaskCreationOptions.RunContinuationsAsynchronously));
        Client.Actor.Tell(call, ActorRefs.NoSender);
        return call;
    }

    /// <summary>Sends a command that has no reply.</summary>
    public void Send(IConveyorMessage command) =>
        Client.Actor.Tell(WriteRequest(command, "", null), ActorRefs.NoSender);

    /// <summary>Reports that a reply is no longer needed.</summary>
    public void Forget(LinkRequest call) => Client.Actor.Tell(new LinkClient.Forget(call), ActorRefs.NoSender);

    /// <summary>Starts to read a source's signals.</summary>
    public void Read(string pipeline, string source, ChannelWriter<BackpressureSignal> signals) =>
        Client.Actor.Tell(new LinkClient.Read(pipeline, source, signals), ActorRefs.NoSender);

    /// <summary>Stops reading a source's signals.</summary>
    public void StopReading(ChannelWriter<BackpressureSignal> signals) =>
        Client.Actor.Tell(new LinkClient.StopReading(signals), ActorRefs.NoSender);

    LinkRequest WriteRequest(IConveyorMessage command, string shown, TaskCompletionSource<object>? reply)
    {
        var bytes = serializer.ToBinary(command);
        return bytes.Length <= settings.MaxMessageBytes
            ? new(shown, serializer.Manifest(command), bytes, reply)
            : throw new WireLimitException(
                FormattableString.Invariant(
                    $"{shown} has {bytes.Length} bytes; conveyor.wire.max-message-bytes is {settings.MaxMessageBytes}. Send it in parts, or raise the setting."
                )
            );
    }
}
