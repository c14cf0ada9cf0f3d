using ConveyorActors.Hosting.Options;
using ConveyorActors.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Services;

/// <summary>The buffers of this process, with the pipelines named in the options.</summary>
sealed class EmbeddedBuffers
{
    /// <summary>Opens the data directory, if there is one, and creates the pipelines.</summary>
    /// <exception cref="OptionsValidationException">An option is not valid.</exception>
    /// <exception cref="StorageException">The data directory cannot be used.</exception>
    public EmbeddedBuffers(
        IOptions<ConveyorOptions> options,
        TimeProvider? clock = null,
        ILogger<EmbeddedBuffers>? logger = null
    )
    {
        var configured = ConfiguredBuffers.Read(options.Value, []);
        var log = GuardedLogger.Create(logger);
        if (options.Value.DataDirectory is { } path)
        {
            var directory = new DataDirectoryOptions { MaxBytes = options.Value.MaxDataBytes };
            if (options.Value.MaxInMemoryBytes is { } inMemory)
                directory = directory with { MaxInMemoryBytes = inMemory };
            Directory = DataDirectory.Open(path, directory);
            foreach (var finding in Directory.Findings)
                HostingLog.Found(log, Directory.Path, finding.ToString());
        }
        Service = new EmbeddedBufferService(clock, Directory) { Defaults = configured.Defaults };
        try
        {
            foreach (var pipeline in configured.Pipelines)
                Configure(pipeline);
        }
        catch
        {
            Service.Dispose();
            throw;
        }
        HostingLog.Opened(log, configured.Pipelines.Count, Directory?.Path ?? "memory");
    }

    void Configure(ConfiguredPipeline pipeline)
    {
        // The call completes synchronously for buffers in this process.
        Service.ConfigureAsync(pipeline.Name, pipeline.Buffers).AsTask().GetAwaiter().GetResult();
        foreach (var (stage, settings) in pipeline.Stages)
            Service.GetManager(pipeline.Name).ConfigureStage(stage, settings);
    }

    /// <summary>Gets the data directory; null: records are kept in memory.</summary>
    public DataDirectory? Directory { get; }

    /// <summary>Gets the service. The container disposes it, with the data directory.</summary>
    public EmbeddedBufferService Service { get; }
}
