using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Hosting;
using ConveyorActors.Actors;
using ConveyorActors.Cluster;
using ConveyorActors.Hosting;
using ConveyorActors.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ConveyorActors.AkkaHosting;

/// <summary>Adds the buffers to an actor system that Akka.Hosting creates.</summary>
public static class ConveyorAkkaExtensions
{
    /// <summary>
    /// Starts the buffers with the actor system, with the options of the container. The actors that receive commands
    /// are registered as <see cref="ConveyorBuffers"/> and <see cref="ConveyorPipelines"/>, so that actors and services
    /// can require them.
    /// </summary>
    /// <remarks>
    /// The container's options become the keys of <c>conveyor</c> in the actor system's configuration and override
    /// existing keys; settings without an option (dispatchers) are set in HOCON as usual. If
    /// the container has a <see cref="TimeProvider"/>, it is the buffers' clock.
    /// </remarks>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="container">
    /// The container, as <c>AddAkka</c> passes it; its options come from
    /// <see cref="ConveyorAkkaServiceCollectionExtensions.AddConveyorActors"/>.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidOperationException">The container has no options of the buffers.</exception>
    public static AkkaConfigurationBuilder WithConveyor(
        this AkkaConfigurationBuilder builder,
        IServiceProvider container
    )
    {
        ArgumentNullException.ThrowIfNull(container);
        // A container returns options with defaults even if no call has added any; the configuration would be ignored.
        if (!container.GetServices<IConfigureOptions<ConveyorOptions>>().Any())
            throw new InvalidOperationException(
                "WithConveyor(container) needs the options of AddConveyorActors, and the container has none; call services.AddConveyorActors(), or WithConveyor() for the settings in HOCON."
            );
        return builder.WithConveyor(
            container.GetRequiredService<IOptions<ConveyorOptions>>().Value,
            container.GetService<TimeProvider>()
        );
    }

    /// <summary>Starts the buffers with the actor system, with the given options.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="options">The options; null: the settings in HOCON.</param>
    /// <param name="clock">The clock of the buffers; null: the system clock.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="OptionsValidationException">An option is not valid.</exception>
    public static AkkaConfigurationBuilder WithConveyor(
        this AkkaConfigurationBuilder builder,
        ConveyorOptions? options = null,
        TimeProvider? clock = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (options is not null)
            builder.AddHocon(OptionsHocon.Create(options), HoconAddMode.Prepend);
        if (clock is not null)
            builder.AddSetup(new ConveyorSetup { Clock = clock });
        return builder.WithActors(
            static (system, registry) =>
            {
                var conveyor = ConveyorSystem.Get(system);
                registry.TryRegister<ConveyorBuffers>(conveyor.Buffers);
                registry.TryRegister<ConveyorPipelines>(conveyor.Pipelines);
            }
        );
    }

    /// <summary>
    /// Places the pipelines on the nodes of the actor system's cluster. The settings that Akka.Cluster needs for that
    /// are added as a fallback; seed nodes, address and roles are set as for any cluster, by <c>WithRemoting</c> and
    /// <c>WithClustering</c> or in HOCON.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The builder.</returns>
    public static AkkaConfigurationBuilder WithConveyorSharding(
        this AkkaConfigurationBuilder builder,
        Action<ConveyorShardingOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ConveyorShardingOptions();
        configure?.Invoke(options);
        return builder
            .AddHocon(OptionsHocon.Create(options), HoconAddMode.Prepend)
            .AddHocon(options.FastFailover ? ClusterConfig.Fast : ClusterConfig.Balanced, HoconAddMode.Append);
    }

    /// <summary>
    /// Keeps the records of pipelines in a journal of Akka.Persistence (<c>conveyor.persistence = on</c>).
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="journal">
    /// The journal, as a package for its database provides it; null: the actor system's default journal, configured
    /// elsewhere.
    /// </param>
    /// <param name="snapshots">The snapshot store; null: the actor system's default one.</param>
    /// <returns>The builder.</returns>
    public static AkkaConfigurationBuilder WithConveyorJournal(
        this AkkaConfigurationBuilder builder,
        JournalOptions? journal = null,
        SnapshotOptions? snapshots = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        var keys = new HoconKeys().Add("conveyor.persistence", "on");
        if (journal is not null)
        {
            keys.Add("conveyor.journal.plugin", HoconKeys.Quote($"akka.persistence.journal.{journal.Identifier}"));
            builder
                .AddHocon(journal.ToConfig(), HoconAddMode.Prepend)
                .AddHocon(journal.DefaultConfig, HoconAddMode.Append);
        }
        if (snapshots is not null)
        {
            keys.Add(
                "conveyor.journal.snapshot-plugin",
                HoconKeys.Quote($"akka.persistence.snapshot-store.{snapshots.Identifier}")
            );
            builder
                .AddHocon(snapshots.ToConfig(), HoconAddMode.Prepend)
                .AddHocon(snapshots.DefaultConfig, HoconAddMode.Append);
        }
        if (journal is not null && snapshots is not null)
        {
            var needed = JournalConfig.For(
                $"akka.persistence.journal.{journal.Identifier}",
                $"akka.persistence.snapshot-store.{snapshots.Identifier}"
            );
            builder.AddHocon(needed, HoconAddMode.Prepend);
        }
        return builder.AddHocon(keys.ToConfig(), HoconAddMode.Prepend);
    }
}
