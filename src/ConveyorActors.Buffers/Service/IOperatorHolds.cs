namespace ConveyorActors.Buffers.Service;

/// <summary>The operator's part of the port: holds a source or a stage of a pipeline, and resumes it.</summary>
/// <remarks>
/// Safe for use by many threads. A hold belongs to the pipeline's settings: it creates the pipeline if there is none,
/// but never the source or stage. A source or stage that does not exist yet is held once it is created. A hold stays
/// until it is lifted: through idle times, through a stop, and, if records are stored, through restarts. Snapshots list
/// it (<see cref="PipelineSnapshot.Holds"/>).
/// </remarks>
public interface IOperatorHolds
{
    /// <summary>
    /// Holds a source or a stage. When the call completes, the hold is in force and, if the pipeline stores its
    /// records, written; a hold that cannot be written now is in force, and the write is tried again as for records.
    /// </summary>
    /// <remarks>
    /// A held source has the signal Pause. Its offers are refused as <see cref="OfferStatus.Held"/>, or wait under
    /// <see cref="FullMode.Wait"/>; it is granted no credits, and has none available. Offers and requests for credits
    /// that already wait keep their place, and delay no other source. Credits granted before stay valid, pending
    /// records are processed by the stages, and dead letters can be replayed. A held stage gives no new leases, not
    /// even to a consumer that already holds one. Consumers wait. Offers and results of hops are accepted while there
    /// is room, leases can be settled, and records expire. A stop with a deadline waits for a held stage as for slow
    /// consumers.
    /// </remarks>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="target">Specifies whether to hold a source or a stage.</param>
    /// <param name="name">The name of the source or stage.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    /// <returns>
    /// True when the source or stage was not held before. Holding it again changes nothing; the hold keeps its first
    /// time.
    /// </returns>
    /// <exception cref="NotSupportedException">The implementation does not support holds.</exception>
    ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => throw CreateNotSupportedError();

    /// <summary>
    /// Lifts a hold: waiting offers, requests and consumers continue, in order, and the source's signal follows the
    /// fill again. Creates neither a pipeline nor a source or stage.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="target">Specifies whether a source or a stage is held.</param>
    /// <param name="name">The name of the source or stage.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    /// <returns>True when the source or stage was held; otherwise nothing changes.</returns>
    /// <exception cref="NotSupportedException">The implementation does not support holds.</exception>
    ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => throw CreateNotSupportedError();

    private NotSupportedException CreateNotSupportedError() => new($"{GetType().Name} knows no operator's holds.");
}
