using Akka.Actor;
using Akka.Hosting;
using ConveyorActors.Actors;
using Microsoft.Extensions.Hosting;

namespace ConveyorActors.AkkaHosting;

/// <summary>
/// Stops the buffers of an actor system before other services of the host stop, so that consumers can finish. In a
/// cluster the pipelines continue on other nodes, and coordinated shutdown hands them over.
/// </summary>
sealed class ActorBufferLifetime(IServiceProvider container) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Checks that the actor system has been given the options of the container.</summary>
    /// <exception cref="InvalidOperationException">The actor system was started without its buffers.</exception>
    public Task StartedAsync(CancellationToken cancellationToken) =>
        container.GetService(typeof(ActorSystem)) is ActorSystem system
        && ActorRegistry.For(system).TryGet<ConveyorBuffers>(out _)
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                "The actor system has no buffers with the options of AddConveyorActors; call AddAkka, and WithConveyor(container) in it."
            );

    /// <summary>Stops accepting offers, and lets consumers finish pending records.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (container.GetService(typeof(ActorSystem)) is not ActorSystem system || system.WhenTerminated.IsCompleted)
            return;
        var conveyor = ConveyorSystem.Get(system);
        if (conveyor.Settings.Cluster.IsEnabled)
            return;
        try
        {
            // The report is logged by the actor system.
            await conveyor.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host's shutdown timeout is over.
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
