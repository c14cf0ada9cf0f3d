using Akka.Actor.Setup;

namespace ConveyorActors.Actors;

/// <summary>
/// Settings of an actor system that a configuration file cannot contain. Passed when the system is created:
/// <c>ActorSystem.Create(name, BootstrapSetup.Create().And(setup))</c>.
/// </summary>
public sealed class ConveyorSetup : Setup
{
    /// <summary>
    /// Gets the clock of leases, backoffs, credits and all other timing in the buffers. Default: the system's clock.
    /// </summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Gets how often the numbers of the pipelines are checked for the log.</summary>
    internal TimeSpan EventPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets a function that wraps each pipeline's engine before the actors use it. Default: no wrapper. Tests use it to
    /// make an engine fail.
    /// </summary>
    internal Func<IBufferService, IBufferService> Around { get; init; } = static engine => engine;
}
