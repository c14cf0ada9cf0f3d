using ConveyorActors.Hosting.Health;
using ConveyorActors.Hosting.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting;

/// <summary>Adds the health check of the buffers.</summary>
public static class ConveyorHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of the container's buffers. The check is unhealthy while the data directory cannot be written or
    /// record counts do not add up; it is degraded when a pipeline or stage has been full, or records have waited, for
    /// longer than the limits in <see cref="ConveyorOptions.Health"/>.
    /// </summary>
    /// <param name="builder">The builder of health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">The status reported instead of unhealthy; null: unhealthy.</param>
    /// <param name="tags">The tags of the check, by which the host selects checks.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddConveyor(
        this IHealthChecksBuilder builder,
        string name = "conveyor",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        // All checks share one instance, because it remembers since when a stage has been full.
        var gate = new Lock();
        ConveyorHealthCheck? check = null;
        return builder.Add(new(name, Create, failureStatus, tags));

        IHealthCheck Create(IServiceProvider container)
        {
            lock (gate)
            {
                return check ??= new(
                    container.GetBuffers<IBufferInspector>("AddHealthChecks().AddConveyor"),
                    container.GetRequiredService<IOptions<ConveyorOptions>>(),
                    container.GetService<EmbeddedBuffers>(),
                    container.GetService<TimeProvider>()
                );
            }
        }
    }
}
