namespace ConveyorActors.Buffers.Service;

/// <summary>The administrator's part of the port: settings, holds, dead letters and stopping a pipeline.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for the rules of all parts.</remarks>
public interface IBufferAdministrator : IOperatorHolds
{
    /// <summary>
    /// Sets a pipeline's limits; creates the pipeline when it does not exist. Without a store, a pipeline that was
    /// stopped starts again, empty. With a store it stays stopped until its service is opened again.
    /// </summary>
    ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellationToken = default);

    /// <summary>Gives one stage its own settings.</summary>
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
    /// Offers and results of hops that wait for room when the limits change enter the stage after the change as room
    /// allows; if the stage drops its oldest records, they replace others. The plan includes neither these nor the
    /// records that would expire under another time to live.
    /// </remarks>
    ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Offers dead letters to their stage again, oldest first, while there is room, with their retries reset to 0.
    /// Returns the number of records accepted.
    /// </summary>
    ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    );

    /// <summary>Permanently removes dead letters, oldest first, and returns the number removed.</summary>
    ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Refuses new offers, lets consumers finish until the deadline, and reports the records that were settled and
    /// those that remain.
    /// </summary>
    /// <remarks>The deadline of the first call applies. Later calls return the same report.</remarks>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="deadline">
    /// The time for consumers to finish, from zero, or infinite: until nothing is pending. Granted credits stay usable
    /// until nothing is pending, but the stop does not wait for them to be used.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the report. The stop continues.</param>
    ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellationToken = default);
}
