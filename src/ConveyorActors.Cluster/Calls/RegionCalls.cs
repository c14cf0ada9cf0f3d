using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// Executes calls on the node that has their pipeline. A node that is leaving or does not have the pipeline replies
/// that nothing was done, and the call is sent to the right node. A node that died may have executed the call.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="locator">Finds the node of a pipeline, once <paramref name="agreed"/> has completed.</param>
/// <param name="nodes">The services of the nodes.</param>
/// <param name="timeout">How long a call is repeated before it fails.</param>
/// <param name="agreed">
/// Completes when this node has the settings of the cluster, with whether pipelines keep their records. Without a
/// journal, a pipeline's next node cannot recognize an offer that was made before.
/// </param>
sealed class RegionCalls(PipelineLocator locator, NodeServices nodes, TimeSpan timeout, Task<bool> agreed)
{
    /// <summary>Executes a call.</summary>
    /// <exception cref="TimeoutException">No node had the pipeline in time; nothing was done.</exception>
    /// <exception cref="BufferServiceException">
    /// The node is gone; whether the call took effect is not known.
    /// </exception>
    public ValueTask<T> RunAsync<T>(
        string pipeline,
        string what,
        CallKind kind,
        Func<ActorBufferService, ValueTask<T>> call,
        CancellationToken cancellationToken
    ) => RunAsync(pipeline, what, kind, (service, _) => call(service), isOffer: false, null, cancellationToken);

    /// <summary>Executes an offer. The offer receives whether it is sent again after its reply was lost.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="what">A description of the call for error messages.</param>
    /// <param name="offer">Makes the offer. The argument is true if its reply was lost before.</param>
    /// <param name="turn">Keeps the order of offers; null: the offer has no order.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public ValueTask<T> OfferAsync<T>(
        string pipeline,
        string what,
        Func<ActorBufferService, bool, ValueTask<T>> offer,
        OpenOffers.Turn? turn,
        CancellationToken cancellationToken
    ) => RunAsync(pipeline, what, CallKind.Identified, offer, isOffer: true, turn, cancellationToken);

    async ValueTask<T> RunAsync<T>(
        string pipeline,
        string what,
        CallKind kind,
        Func<ActorBufferService, bool, ValueTask<T>> call,
        bool isOffer,
        OpenOffers.Turn? turn,
        CancellationToken cancellationToken
    )
    {
        Names.Validate(pipeline, nameof(pipeline));
        var attempts = new CallAttempts(TimeProvider.System, timeout, kind);
        while (true)
        {
            Place place;
            try
            {
                place = await FindAsync(pipeline, isOffer, turn, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException nowhere) when (attempts.IsUnknown)
            {
                throw CreateUnknownOutcomeError(pipeline, what, isOffer, "a node that has left", nowhere);
            }
            attempts.Begin();
            Exception failure;
            try
            {
                if (place.NotOpen is { } notOpen)
                    throw notOpen;
                var reply = call(place.Node, attempts.WasLost);
                turn?.MarkSent();
                return await reply.ConfigureAwait(false);
            }
            catch (BufferServiceException moved) when (moved.Problem is Problem.Elsewhere or Problem.NotNow)
            {
                failure = moved;
            }
            catch (Exception lost) when (lost is BufferServiceException { Problem: null } or ObjectDisposedException)
            {
                var isOnce = kind == CallKind.Once || (isOffer && !agreed.Result);
                if (isOnce && lost is BufferServiceException)
                    throw CreateUnknownOutcomeError(pipeline, what, isOffer, place.Path, lost);
                attempts.WasLost |= lost is BufferServiceException;
                failure = lost;
            }
            locator.Forget(pipeline, place.Path);
            turn?.MarkFailed();
            if (!attempts.CanRepeat(out var pause))
                throw attempts.IsUnknown
                    ? CreateUnknownOutcomeError(pipeline, what, isOffer, place.Path, failure)
                    : CreateGivenUpError(pipeline, what, failure);
            await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The node that has a pipeline, and why the pipeline is not open there; null: the pipeline is open, or the call
    /// opens it.
    /// </summary>
    readonly record struct Place(string Path, ActorBufferService Node, BufferServiceException? NotOpen);

    /// <summary>Returns the pipeline's node, once the call may be sent there.</summary>
    async ValueTask<Place> FindAsync(
        string pipeline,
        bool isOffer,
        OpenOffers.Turn? turn,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var path = await locator.FindAsync(pipeline, timeout).WaitAsync(cancellationToken).ConfigureAwait(false);
            var node = nodes.GetService(path);
            if (!isOffer)
                return new(path, node, null);
            // This comes before the offers are put in order: offers that wait for the opening continue in any order.
            try
            {
                await node.OpenAsync(pipeline, cancellationToken).ConfigureAwait(false);
            }
            catch (BufferServiceException notOpen) when (notOpen.Problem is Problem.Elsewhere or Problem.NotNow)
            {
                return new(path, node, notOpen);
            }
            if (turn is null)
                return new(path, node, null);
            var released = turn.WaitUntilSendableAsync(path);
            if (released.IsCompleted)
                return new(path, node, null);
            await released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    static BufferServiceException CreateUnknownOutcomeError(
        string pipeline,
        string what,
        bool isOffer,
        string path,
        Exception lost
    )
    {
        var outcome = isOffer
            ? "Whether it was accepted there is not known: sending it again may create duplicates, unless the stage suppresses duplicates and the records have the same ids."
            : "Whether it took effect there is not known.";
        return new(
            $"{what} to pipeline '{pipeline}' was sent to {path} and got no reply. {outcome} The last attempt ended with: {lost.Message}",
            lost
        );
    }

    Exception CreateGivenUpError(string pipeline, string what, Exception failure) =>
        failure is BufferServiceException { Problem: Problem.Elsewhere or Problem.NotNow }
            ? new TimeoutException(
                $"{what} to pipeline '{pipeline}' found no node that has the pipeline within {timeout.TotalSeconds} s. Nothing was done.",
                failure
            )
            : failure;
}
