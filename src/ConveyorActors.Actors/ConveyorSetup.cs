using Akka.Actor.Setup;

namespace ConveyorActors.Actors;

/// <summary>
/// What an actor system's configuration cannot say. Given when the system is made: <c>ActorSystem.Create(name,
/// BootstrapSetup.Create().And(setup))</c>.
/// </summary>
public sealed class ConveyorSetup : Setup
{
    /// <summary>
    /// The clock of leases, backoffs, credits and everything else that takes time in the buffers. Default: the
    /// system's.
    /// </summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Gets how often the numbers of the pipelines are checked for the log.</summary>
    internal TimeSpan EventPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets what stands between the actors and each pipeline's engine: nothing, but in tests of an engine that fails.
    /// </summary>
    internal Func<IBufferService, IBufferService> Around { get; init; } = static engine => engine;
}
