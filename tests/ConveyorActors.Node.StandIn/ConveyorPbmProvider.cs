using Akka.Actor;

namespace ConveyorActors.Pbm;

/// <summary>What the extension would be.</summary>
public sealed class ConveyorPbm : IExtension;

/// <summary>Loaded by name, as the real one is; says so.</summary>
public sealed class ConveyorPbmProvider : ExtensionIdProvider<ConveyorPbm>
{
    /// <inheritdoc/>
    public override ConveyorPbm CreateExtension(ExtendedActorSystem system)
    {
        Console.Error.WriteLine("the stand-in for pbm is loaded");
        return new();
    }
}
