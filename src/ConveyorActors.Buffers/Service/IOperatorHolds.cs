namespace ConveyorActors.Buffers.Service;

/// <summary>The operator's part of the port: holding a source or a stage of a pipeline by hand, and letting it go on.</summary>
/// <remarks>
/// Safe for use by many threads. A hold belongs to the pipeline's settings: it creates the pipeline where there is none, and never the source or stage. One
/// that does not exist yet is held when it comes. A hold stays until it is lifted: through idle times, through a stop, and, where records are kept, through
/// restarts. Snapshots list it (<see cref="PipelineSnapshot.Holds"/>).
/// </remarks>
public interface IOperatorHolds
{
    /// <summary>
    /// Holds a source or a stage. When the call completes the hold is in force and, where records are kept, written; when it cannot be written now it is kept
    /// and tried again, as records are.
    /// </summary>
    /// <remarks>
    /// A held source has the signal Pause. Its offers are refused as <see cref="OfferStatus.Held"/>, or wait where the stage's rule is
    /// <see cref="FullRule.Wait"/>; it is granted no credits, and has none available. Offers and requests for credits that wait already wait on, in their
    /// place, and hold up no other source. Credits granted before keep their promise, what is pending goes on through the stages, and dead letters can be replayed.
    /// A held stage gives no new leases, also none beside a lease that is held. Consumers wait. Offers and results of hops go in while there is room, leases
    /// settle, and records expire. A stop with a deadline waits for a held stage as for slow consumers.
    /// </remarks>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="target">What is to be held.</param>
    /// <param name="name">The name of the source or stage.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <returns>True when it was not held before. Holding again changes nothing, and the first time stands.</returns>
    /// <exception cref="NotSupportedException">The implementation knows no holds.</exception>
    ValueTask<bool> PauseAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) => throw NoHolds();

    /// <summary>Lifts a hold: who waits goes on, in order, and the source's signal follows the fill again. Creates nothing.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="target">What was held.</param>
    /// <param name="name">The name of the source or stage.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <returns>True when it was held. Lifting what is not held changes nothing.</returns>
    /// <exception cref="NotSupportedException">The implementation knows no holds.</exception>
    ValueTask<bool> ResumeAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) => throw NoHolds();

    private NotSupportedException NoHolds() => new($"{GetType().Name} knows no operator's holds.");
}
