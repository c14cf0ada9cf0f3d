using Xunit;

namespace ConveyorActors.Testing;

/// <summary>Asserts that every record is accounted for.</summary>
public static class ConservationAssertions
{
    /// <summary>
    /// Asserts that a snapshot adds up. At every level (the manager, each stage, each source) offered = completed +
    /// lost, by reason + pending, the room taken is that of the records and credits, and no limit is exceeded; and the
    /// levels agree with each other and with the leases. The message of a failure contains the sums that are wrong, and
    /// every number.
    /// </summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="limitsWereLowered">
    /// Whether a limit was lowered while records were pending, so that a level may be over it. Default false.
    /// </param>
    /// <returns>The snapshot.</returns>
    public static PipelineSnapshot ShouldConserve(this PipelineSnapshot snapshot, bool limitsWereLowered = false)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        string[] wrong = [.. Conservation.Check(snapshot, limitsWereLowered)];
        if (wrong.Length > 0)
            Assert.Fail($"It does not add up:\n  {string.Join("\n  ", wrong)}\n{SnapshotText.Format(snapshot)}");
        return snapshot;
    }

    /// <summary>Takes a snapshot of a pipeline and asserts that it adds up (<see cref="ShouldConserve"/>).</summary>
    /// <param name="service">The service.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The snapshot.</returns>
    public static async Task<PipelineSnapshot> ShouldConserveAsync(
        this IBufferInspector service,
        string pipeline,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(service);
        return (await service.GetSnapshotAsync(pipeline, cancellationToken).ConfigureAwait(false)).ShouldConserve();
    }
}
