using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ConveyorActors.Http.Server;

/// <summary>
/// Why a server is not ready: a backlog loads, a cluster forms, or it is stopping. It says so at <c>/readyz</c>.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
public sealed class Readiness : IHealthCheck
{
    volatile string? reason;

    /// <summary>Gets or sets why it is not ready; null: it is.</summary>
    public string? Reason
    {
        get => reason;
        set => reason = value;
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) => Task.FromResult(reason is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy());
}
