using Akka.Configuration;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Finds the storage of records, if <c>conveyor.persistence</c> is on. It is in an assembly of its own, which programs
/// without a journal do not need.
/// </summary>
static class PipelineStorage
{
    const string Provider = "ConveyorActors.Persistence.JournalStorageProvider, ConveyorActors.Persistence";

    /// <exception cref="ConfigurationException">The assembly is missing, or a setting is wrong.</exception>
    public static void Check(ExtendedActorSystem system, ConveyorSettings settings) =>
        Find(settings)?.Check(system, settings);

    /// <summary>Creates the storage; null: records are in memory only.</summary>
    public static IPipelineStorage? Create(ExtendedActorSystem system, ConveyorSettings settings) =>
        Find(settings)?.Create(system, settings);

    static IPipelineStorageProvider? Find(ConveyorSettings settings)
    {
        if (!settings.KeepsRecords)
            return null;
        return Type.GetType(Provider) is { } type
            ? (IPipelineStorageProvider)Activator.CreateInstance(type)!
            : throw new ConfigurationException(
                "conveyor.persistence is on, but the assembly ConveyorActors.Persistence is missing; reference that package, or switch conveyor.persistence off."
            );
    }
}
