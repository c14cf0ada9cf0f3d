using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ConveyorActors.Hosting;

/// <summary>Adds the metrics and the spans of the buffers to OpenTelemetry.</summary>
public static class ConveyorInstrumentationExtensions
{
    /// <summary>The name of the meter and of the activity source.</summary>
    const string Name = "ConveyorActors";

    /// <summary>
    /// Adds the meter <c>ConveyorActors</c>: depth, fill, age, offered, accepted, completed and lost records per
    /// pipeline, stage and source, and signals.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static MeterProviderBuilder AddConveyorInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(Name);
    }

    /// <summary>
    /// Adds the activity source <c>ConveyorActors</c>: leases that consumers handle, and the calls of the port over
    /// actors.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static TracerProviderBuilder AddConveyorInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(Name);
    }
}
