using ConveyorActors.Hosting.Options;
using ConveyorActors.Hosting.Services;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Health;

/// <summary>
/// Reports the buffers as unhealthy when their disk fails or their record counts do not add up, and as degraded when
/// they have been full for too long or records have waited for too long (<see cref="HealthOptions"/>).
/// </summary>
/// <remarks>
/// Safe for use by many threads. Fullness is only known at the checks: a stage that was full at each check is assumed
/// to have been full between them.
/// </remarks>
sealed class ConveyorHealthCheck(
    IBufferInspector buffers,
    IOptions<ConveyorOptions> options,
    EmbeddedBuffers? embedded = null,
    TimeProvider? clock = null
) : IHealthCheck
{
    readonly FullSince fullSince = new(clock ?? TimeProvider.System);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        var (broken, slow, data) = (new List<string>(), new List<string>(), new Dictionary<string, object>());
        if (embedded?.Directory is { Failure: { } failure } directory)
            broken.Add($"data directory {directory.Path} cannot be written: {failure}");
        foreach (var pipeline in await buffers.GetPipelinesAsync(cancellationToken).ConfigureAwait(false))
        {
            var now = await buffers.GetSnapshotAsync(pipeline, cancellationToken).ConfigureAwait(false);
            data[$"{pipeline}.pending"] = now.Total.Pending;
            data[$"{pipeline}.fill"] = now.Total.Fill;
            data[$"{pipeline}.deadLetters"] = now.Stages.Sum(stage => (long)stage.DeadLetters);
            if (!now.IsConserved)
                broken.Add($"the records of pipeline {pipeline} do not add up");
            var threshold = now.Settings?.BackpressureThreshold ?? 1;
            CheckLevel($"pipeline {pipeline}", now.Total, threshold, slow);
            foreach (var stage in now.Stages)
            {
                CheckLevel($"stage {pipeline}/{stage.Stage}", stage.Level, threshold, slow);
                var age = options.Value.Health.BacklogAge;
                if (age != Timeout.InfiniteTimeSpan && stage.Level.OldestAge > age)
                    slow.Add(
                        FormattableString.Invariant(
                            $"the oldest record of stage {pipeline}/{stage.Stage} has waited for {stage.Level.OldestAge:c}, longer than {age:c}"
                        )
                    );
            }
        }
        var status =
            broken.Count > 0 ? context.Registration.FailureStatus
            : slow.Count > 0 ? HealthStatus.Degraded
            : HealthStatus.Healthy;
        string? description = status == HealthStatus.Healthy ? null : string.Join("; ", broken.Concat(slow));
        return new(status, description, data: data);
    }

    void CheckLevel(string what, LevelSnapshot level, double threshold, List<string> slow)
    {
        var longest = options.Value.Health.FullFor;
        var since = fullSince.Update(what, level.Fill >= threshold);
        if (longest != Timeout.InfiniteTimeSpan && since is { } time && time >= longest)
            slow.Add(
                FormattableString.Invariant(
                    $"{what} has been {level.Fill:P0} full for {time:c}, longer than {longest:c}"
                )
            );
    }
}
