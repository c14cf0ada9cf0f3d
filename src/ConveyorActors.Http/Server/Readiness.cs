using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ConveyorActors.Http.Server;

/// <summary>
/// Holds the reason why a server is not ready: a backlog is being loaded, a cluster is forming, or the server is
/// stopping. The reason is reported at <c>/readyz</c>.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
public sealed class Readiness : IHealthCheck
{
    volatile string? reason;

    /// <summary>Gets or sets the reason why the server is not ready; null: the server is ready.</summary>
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
