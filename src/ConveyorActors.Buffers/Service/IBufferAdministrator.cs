namespace ConveyorActors.Buffers.Service;

/// <summary>The administrator's part of the port: settings, holds, dead letters and the end of a pipeline.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for what holds for all parts.</remarks>
public interface IBufferAdministrator : IOperatorHolds
{
    /// <summary>Sets a pipeline's limits; creates the pipeline when it does not exist.</summary>
    ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellationToken = default);

    /// <summary>Gives one stage settings of its own.</summary>
    ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Returns what <see cref="ConfigureAsync"/> would refuse, evict and pause if it were called now. Changes nothing.
    /// </summary>
    /// <remarks>
    /// What waits for room when the limits change (offers and results of hops) goes in after the change as room allows,
    /// and where the stage then drops its oldest it takes the place of others. The plan does not include that, nor what
    /// would expire under another time to live.
    /// </remarks>
    ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Offers dead letters to their stage again, oldest first, while there is room, with no retries counted. Returns
    /// how many were accepted.
    /// </summary>
    ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    );

    /// <summary>Removes dead letters for good, oldest first, and returns how many were removed.</summary>
    ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Refuses new offers, lets consumers finish until the deadline, and reports what was settled and what remains.
    /// </summary>
    /// <remarks>The first call's deadline holds. Later calls return the same report.</remarks>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="deadline">
    /// From zero, or infinite: until nothing is pending. Credits that are out keep their promise until nothing is
    /// pending, but nobody waits for them to be used.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the report. The stop goes on.</param>
    ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellationToken = default);
}
