using Akka.Actor;
using ConveyorActors.Actors;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;
using Petabridge.Cmd.Host;

namespace ConveyorActors.Pbm;

/// <summary>
/// Registers the palette <c>conveyor</c> with an actor system's Petabridge.Cmd host and starts the host. Loaded as an
/// Akka extension, so that a node runs with or without it: <c>akka.extensions =
/// ["ConveyorActors.Pbm.ConveyorPbmProvider, ConveyorActors.Pbm"]</c>.
/// </summary>
public sealed class ConveyorPbm : IExtension
{
    internal ConveyorPbm(ActorSystem system)
    {
        var host = PetabridgeCmd.Get(system);
        Register(host, ConveyorSystem.Get(system).Service);
        host.Start();
    }

    /// <summary>Registers the palette with a host that the caller starts, over the given port.</summary>
    /// <param name="host">The host, not started yet.</param>
    /// <param name="service">The buffer service of this node, or one over the whole cluster.</param>
    public static void Register(PetabridgeCmd host, IBufferService service)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.RegisterCommandPalette(new Handler(new(service)));
    }

    sealed class Handler(InspectionCore core) : CommandPaletteHandler(ConveyorPalette.Palette)
    {
        public override Props HandlerProps { get; } = ConveyorCommandHandler.Props(core);
    }
}

/// <summary>Creates the extension <see cref="ConveyorPbm"/>.</summary>
public sealed class ConveyorPbmProvider : ExtensionIdProvider<ConveyorPbm>
{
    /// <inheritdoc/>
    public override ConveyorPbm CreateExtension(ExtendedActorSystem system) => new(system);
}
