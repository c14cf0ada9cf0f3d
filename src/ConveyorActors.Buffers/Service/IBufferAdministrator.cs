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
    /// Says what <see cref="ConfigureAsync"/> would refuse, evict and pause if it were called now. Changes nothing.
    /// </summary>
    ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Offers dead letters to their stage again, oldest first, with no retries counted, while there is room. Returns
    /// how many went.
    /// </summary>
    ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    );

    /// <summary>Removes dead letters for good, oldest first. Returns how many.</summary>
    ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Refuses new offers, lets consumers finish until the deadline, and reports. The first call's deadline holds;
    /// later calls get the same report. Cancelling ends the wait, not the stop.
    /// </summary>
    ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellationToken = default);
}
