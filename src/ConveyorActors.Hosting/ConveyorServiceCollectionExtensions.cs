using ConveyorActors.Hosting.Consuming;
using ConveyorActors.Hosting.Options;
using ConveyorActors.Hosting.Services;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting;

/// <summary>Adds buffers and their consumers to a container.</summary>
public static class ConveyorServiceCollectionExtensions
{
    /// <summary>
    /// Adds buffers in this process: <see cref="IBufferService"/> and each of its parts (<see cref="IBufferProducer"/>,
    /// <see cref="IBufferConsumer"/>, <see cref="IBufferInspector"/>, <see cref="IBufferAdministrator"/>,
    /// <see cref="ICheckpointStore"/>, <see cref="IOperatorHolds"/>) as singletons. With a pipeline's name as the key,
    /// a part serves that pipeline only.
    /// </summary>
    /// <remarks>
    /// The options come from the section <c>Conveyor</c> of the container's <see cref="IConfiguration"/>, if there is
    /// one, then from <paramref name="configure"/>. If the container has a <see cref="TimeProvider"/>, it is the
    /// buffers' clock. A second call adds options but no second service. When the host stops, the pipelines refuse new
    /// offers, and consumers finish pending records within <see cref="ConveyorOptions.StopDeadline"/>.
    /// </remarks>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options. Called after the configuration is read.</param>
    /// <returns>The container.</returns>
    public static IServiceCollection AddConveyor(
        this IServiceCollection services,
        Action<ConveyorOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddConveyorOptions(configure);
        if (services.Any(service => service.ServiceType == typeof(EmbeddedBuffers)))
            return services;
        services.AddSingleton<IValidateOptions<ConveyorOptions>, EmbeddedOptionsValidator>();
        services.AddSingleton<EmbeddedBuffers>();
        services.AddSingleton<IHostedService, BufferLifetime>();
        return services.AddBufferService(static container => container.GetRequiredService<EmbeddedBuffers>().Service);
    }

    /// <summary>
    /// Adds the options, bound and validated. The configuration is read only once, even if this method is called
    /// several times.
    /// </summary>
    internal static void AddConveyorOptions(this IServiceCollection services, Action<ConveyorOptions>? configure)
    {
        var options = services.AddOptions<ConveyorOptions>().ValidateOnStart();
        if (
            services.All(service =>
                service.IsKeyedService || service.ImplementationType != typeof(ConveyorOptionsValidator)
            )
        )
        {
            services.AddSingleton<IConfigureOptions<ConveyorOptions>>(
                static container => new ConfigureNamedOptions<ConveyorOptions>(
                    Microsoft.Extensions.Options.Options.DefaultName,
                    options => Bind(container.GetService<IConfiguration>(), options)
                )
            );
            services.AddSingleton<IValidateOptions<ConveyorOptions>, ConveyorOptionsValidator>();
        }
        if (configure is not null)
            options.Configure(configure);
    }

    /// <summary>
    /// Adds an implementation of the port and each of its parts, keyed by pipeline and without a key, as
    /// <see cref="AddConveyor"/> does for the implementation in this process.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="create">Returns the service. The container disposes it.</param>
    /// <returns>The container.</returns>
    public static IServiceCollection AddBufferService(
        this IServiceCollection services,
        Func<IServiceProvider, IBufferService> create
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        if (services.Any(service => !service.IsKeyedService && service.ServiceType == typeof(IBufferService)))
            throw new InvalidOperationException(
                "The container already has an IBufferService; only one of AddConveyor, AddConveyorActors and AddBufferService may add it."
            );
        services.AddSingleton(create);
        AddPart<IBufferProducer>(services);
        AddPart<IBufferConsumer>(services);
        AddPart<IBufferInspector>(services);
        AddPart<IBufferAdministrator>(services);
        AddPart<ICheckpointStore>(services);
        AddPart<IOperatorHolds>(services);
        services.AddKeyedSingleton<IBufferService>(
            KeyedService.AnyKey,
            static (container, key) =>
                new BorrowedBufferService(container.GetRequiredService<IBufferService>(), GetPipeline(key))
        );
        return services;
    }

    /// <summary>Adds a consumer of a stage. It runs as a background service of the host.</summary>
    /// <typeparam name="TConsumer">
    /// A class derived from <see cref="BufferConsumer"/> or <see cref="BufferBatchConsumer"/>. Its constructor gets
    /// services of the container.
    /// </typeparam>
    /// <param name="services">The container.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="configure">
    /// Sets options. Called after the options in <see cref="ConveyorOptions.Consumers"/> are read.
    /// </param>
    /// <returns>The container.</returns>
    /// <exception cref="ArgumentException">The name of the pipeline or of the stage is not valid.</exception>
    /// <remarks>
    /// The container needs buffers: of <see cref="AddConveyor"/>, of <c>AddConveyorActors</c> or of
    /// <see cref="AddBufferService"/>, before or after this call. Without them the host does not start
    /// (<see cref="InvalidOperationException"/>).
    /// </remarks>
    public static IServiceCollection AddBufferConsumer<TConsumer>(
        this IServiceCollection services,
        string pipeline,
        string stage,
        Action<ConsumerOptions>? configure = null
    )
        where TConsumer : StageConsumer
    {
        ArgumentNullException.ThrowIfNull(services);
        Names.Validate(pipeline);
        Names.Validate(stage);
        // AddHostedService is not used, because it adds one service of each type, and one class may consume several
        // stages.
        return services.AddSingleton<IHostedService>(container =>
        {
            var consumer = ActivatorUtilities.CreateInstance<TConsumer>(container);
            consumer.Connect(
                new(
                    pipeline,
                    stage,
                    CreateOptions(typeof(TConsumer), container, configure),
                    container.GetBuffers<IBufferConsumer>($"AddBufferConsumer<{ConsumerName.Get(typeof(TConsumer))}>"),
                    container.GetService<ILoggerFactory>()?.CreateLogger(typeof(TConsumer)),
                    container.GetService<TimeProvider>() ?? TimeProvider.System
                )
            );
            return consumer;
        });
    }

    static ConsumerOptions CreateOptions(Type type, IServiceProvider container, Action<ConsumerOptions>? configure)
    {
        var name = ConsumerName.Get(type);
        var key = name;
        var options = new ConsumerOptions { Name = name };
        if (container.GetService<IOptions<ConveyorOptions>>()?.Value.Consumers is { } all)
        {
            // The full name of a generic class distinguishes it from another class of the same name.
            if (all.ContainsKey(type.Name))
                key = type.Name;
            if (all.TryGetValue(key, out var named))
                options = new()
                {
                    Name = named.Name ?? name,
                    BatchSize = named.BatchSize,
                    Workers = named.Workers,
                    OneSource = named.OneSource,
                    HandlingTimeout = named.HandlingTimeout,
                };
        }
        configure?.Invoke(options);
        var errors = new List<string>();
        ConveyorOptionsValidator.Validate($"{ConveyorOptions.SectionName}:Consumers:{key}", options, errors);
        return errors.Count == 0
            ? options
            : throw new OptionsValidationException(name, typeof(ConsumerOptions), errors);
    }

    /// <summary>Returns a part of the buffers.</summary>
    /// <param name="container">The container.</param>
    /// <param name="call">The call that needs the buffers.</param>
    /// <exception cref="InvalidOperationException">The container has no buffers.</exception>
    internal static TPart GetBuffers<TPart>(this IServiceProvider container, string call)
        where TPart : class =>
        container.GetService<TPart>()
        ?? throw new InvalidOperationException(
            $"{call} needs buffers, and the container has no {typeof(TPart).Name}; call services.AddConveyor(), or services.AddConveyorActors() for buffers that are actors."
        );

    static void AddPart<TPart>(IServiceCollection services)
        where TPart : class
    {
        services.AddSingleton(static container => (TPart)container.GetRequiredService<IBufferService>());
        services.AddKeyedSingleton<TPart>(
            KeyedService.AnyKey,
            static (container, key) => (TPart)container.GetRequiredKeyedService<IBufferService>(key)
        );
    }

    static string GetPipeline(object? key) =>
        key is string pipeline
            ? Names.Validate(pipeline)
            : throw new InvalidOperationException(
                $"The key of a buffer service is {key ?? "null"}; it must be the name of a pipeline."
            );

    static void Bind(IConfiguration? configuration, ConveyorOptions options)
    {
        if (configuration?.GetSection(ConveyorOptions.SectionName) is { } section && section.Exists())
            new OptionsBinder(configuration, options.BindingErrors).Bind(section, options);
    }
}
