using Akka.Actor;
using ConveyorActors.Actors;
using ConveyorActors.Hosting;
using ConveyorActors.Hosting.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ConveyorActors.AkkaHosting;

/// <summary>Adds the port over actors to a container.</summary>
public static class ConveyorAkkaServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IBufferService"/> and each of its parts, with and without a pipeline's name as the key, over the
    /// buffers of the container's actor system, which
    /// <see cref="ConveyorAkkaExtensions.WithConveyor(Akka.Hosting.AkkaConfigurationBuilder, IServiceProvider)"/>
    /// starts. In a cluster these services reach all pipelines. The options, the consumers and the health check are
    /// those of <see cref="ConveyorServiceCollectionExtensions.AddConveyor"/>.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options. Called after the configuration is read.</param>
    /// <returns>The container.</returns>
    public static IServiceCollection AddConveyorActors(
        this IServiceCollection services,
        Action<ConveyorOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddConveyorOptions(configure);
        if (
            services.Any(service =>
                !service.IsKeyedService && service.ImplementationType == typeof(ActorBufferLifetime)
            )
        )
            return services;
        services.AddSingleton<IHostedService, ActorBufferLifetime>();
        // The service ends with its actor system, not with the container.
        return services.AddBufferService(static container => new BorrowedBufferService(
            ConveyorSystem
                .Get(
                    container.GetService<ActorSystem>()
                        ?? throw new InvalidOperationException(
                            "The container has no actor system for the buffers of AddConveyorActors; call AddAkka, and WithConveyor(container) in it."
                        )
                )
                .Service
        ));
    }
}
