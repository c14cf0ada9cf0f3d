using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Stores the records of an actor system's pipelines beyond the life of its process.</summary>
/// <remarks>Safe for use by many threads.</remarks>
public interface IPipelineStorage
{
    /// <summary>Returns whether a pipeline is stored, without opening it.</summary>
    Task<bool> ExistsAsync(string pipeline);

    /// <summary>
    /// Opens a pipeline: reads its records, and makes sure that from now on no other process writes them.
    /// </summary>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="start">
    /// Starts the pipeline's engine over its store, with the pipeline's configured settings. May be called again if the
    /// pipeline was taken over by another process and is reopened.
    /// </param>
    /// <returns>
    /// The pipeline's buffers, at once: calls wait until the pipeline is open, or fail with the reason why it cannot be
    /// opened now. Disposing them hands the pipeline over: it refuses new calls, writes all outstanding changes, and
    /// releases the pipeline.
    /// </returns>
    IBufferService Open(string pipeline, Func<IBufferStores, IBufferService> start);

    /// <summary>
    /// Returns whether another process has taken over a pipeline that is open here. Commands for it are then refused
    /// here without effect.
    /// </summary>
    bool IsTakenOver(string pipeline);

    /// <summary>
    /// Returns a pipeline's snapshot from when it was last opened here, including counts from before; null: the
    /// pipeline is not open.
    /// </summary>
    PipelineSnapshot? GetNumbersAtOpening(string pipeline);
}

/// <summary>
/// Creates the storage of an actor system. Found by its type name when <c>conveyor.persistence</c> is on.
/// </summary>
public interface IPipelineStorageProvider
{
    /// <summary>Validates the configuration without starting anything.</summary>
    /// <exception cref="Akka.Configuration.ConfigurationException">
    /// A setting is wrong; the message names it, its value and what would be right.
    /// </exception>
    void Check(ExtendedActorSystem system, ConveyorSettings settings);

    /// <summary>Creates the storage.</summary>
    IPipelineStorage Create(ExtendedActorSystem system, ConveyorSettings settings);
}
